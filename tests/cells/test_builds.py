"""`--numba`: a wheel of a release differs in nothing from it, and one that is worse is told so."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cells.driving import Driver

PROBES = ("--probe", "cache/self_lazy", "--probe", "cache/even_odd_lazy")
SAVES = "    def save_overload(self, sig, data):\n"


@pytest.fixture(scope="module")
def released(newest: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of the newest release, as pip downloads it."""
    release, _, python = newest.rpartition("-cp")
    folder = tmp_path_factory.mktemp("released")
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*pip, "--python-version", python, f"numba=={release}"], cwd=folder, check=True)
    (found,) = folder.glob("numba-*.whl")
    return found


def without_saving(wheel: Path, folder: Path) -> Path:
    """Return a copy of a wheel whose Numba never saves to its cache."""
    copy, module = folder / wheel.name, "numba/core/caching.py"
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == module:
                # The last of them is the one of the cache itself.
                before, found, after = content.decode().rpartition(SAVES)
                content = f"{before}{found}        return\n{after}".encode()
            if name.endswith(".dist-info/RECORD"):
                kept = [row for row in content.decode().splitlines() if module not in row]
                content = "\n".join([*kept, f"{module},,", ""]).encode()
            new.writestr(name, content)
    return copy


def test_a_wheel_of_a_release_differs_in_nothing_and_one_that_saves_nothing_is_worse(
    driver: Driver, newest: str, released: Path, tmp_path: Path
) -> None:
    release, _, python = newest.partition("-")
    cell = f"{release}+local-{python}"
    same = driver.run("--numba", str(released), *PROBES)
    assert same.status == 0, same.said
    assert f"{cell} against {newest}: nothing changed in 2 squares" in same.without_traceback()
    worse = driver.run("--numba", str(without_saving(released, tmp_path)), *PROBES)
    assert worse.status == 1, worse.said
    assert "worse: cache/self_lazy: hit -> uncacheable in cold" in worse.without_traceback()
    assert f"{cell} against {newest}: worse 1, better 1" in worse.said
    # Apart from the releases, in which nothing of it is to be seen.
    report = driver.state / "local" / python / "report" / "report.md"
    assert "worse: cache/self_lazy" in report.read_text(encoding="utf-8")
    assert [path.stem for path in driver.state.glob("observations/*.json")] == [newest]
    assert driver.judge("--probe", "cache/self_lazy").status == 0
    refused = driver.start("merge", str(driver.state / "local" / python)).end()
    assert refused.status == 2
    assert f"does not know the cell '{cell}'" in refused.without_traceback()
