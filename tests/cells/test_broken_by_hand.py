"""What the suite is for: break a claim, a helper or a cache by hand, and the run fails by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, claim, copy_project

CLAIMS = (
    claim("cache/self_lazy", '{ outcome = "hit" }')
    + claim("cache/plain_lazy", '{ outcome = "hit" }')
    + claim("aot/self_helper", '{ outcome = "works" }')
)
EMPTIED = '''

@__import__("atexit").register
def empty_the_cache():
    """Between two processes, somebody tidies up."""
    import os
    import shutil

    shutil.rmtree(os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__"), True)
'''


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory, memo: Path, middle: str) -> Driver:
    """Return a driver of a small project of which every claim holds in 0.57.0."""
    folder = tmp_path_factory.mktemp("well")
    probes = ("cache/self_lazy", "cache/plain_lazy", "aot/self_helper")
    project = copy_project(folder / "project", probes, CLAIMS)
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    ended = driver.run(middle)
    assert ended.status == 0, ended.said
    assert "every claim holds: 3 probes in 1 cell" in ended.said
    return driver


@pytest.fixture
def driver(well: Driver, tmp_path: Path) -> Driver:
    """Return a driver of a copy of that project, to be broken, and of what is stored of it."""
    shutil.copytree(well.project, tmp_path / "project")
    shutil.copytree(well.state, tmp_path / "state")
    return Driver(tmp_path / "state", project=tmp_path / "project")


def edit(driver: Driver, name: str, old: str, new: str) -> None:
    path = driver.project / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def seen_failing(driver: Driver, cell: str, said: str) -> dict[str, str]:
    """Return what each failing claim says, seeing that every report says the same."""
    failing = {c["id"]: c["says"] for c in driver.report()["claims"] if not c["holds"]}
    markdown = (driver.state / "report" / "report.md").read_text()
    tests = ET.parse(driver.state / "report" / "junit.xml").iter("testcase")  # noqa: S314
    failed = {test.attrib["name"] for test in tests if test.find("failure") is not None}
    for probe, says in failing.items():
        told = f"{probe}: {cell.partition('-')[0]} -> {says.partition('; claimed: ')[0]}"
        assert told in said
        assert f"- {told}" in markdown
        assert f"test_claim[{probe}]" in failed
    return failing


def test_a_claim_turned_round_fails_without_a_cell_being_started(
    driver: Driver, middle: str
) -> None:
    edit(driver, "matrix/data/claims.toml", '"hit"', '"recompiled"')
    ended = driver.run(middle)
    assert ended.status == 1
    assert ended.due() == (0, 0)
    assert seen_failing(driver, middle, ended.without_traceback()) == {
        "cache/self_lazy": "hit; claimed: recompiled in any phase"
    }
    assert driver.judge(middle).status == 1


def test_a_helper_without_its_decorator_fails_to_build(driver: Driver, middle: str) -> None:
    path = driver.project / "probes" / "aot" / "self_helper.py"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(("@njit", "@jit"))))
    ended = driver.run(middle)
    assert ended.status == 1
    assert ended.due() == (1, 1)
    failing = seen_failing(driver, middle, ended.without_traceback())
    assert failing["aot/self_helper"].startswith(
        "raised in build (TypingError); claimed: works; Failed in nopython mode"
    )


def test_a_cache_emptied_between_two_processes_is_no_hit(driver: Driver, middle: str) -> None:
    path = driver.project / "probes" / "cache" / "self_lazy.py"
    path.write_text(path.read_text() + EMPTIED)
    ended = driver.run(middle)
    assert ended.status == 1
    assert ended.due() == (1, 1)
    failing = seen_failing(driver, middle, ended.without_traceback())
    assert set(failing) == {"cache/self_lazy"}
    assert "claimed: hit" in failing["cache/self_lazy"]
    # By the time the first process has ended its files are gone, so that they never count as there.
    assert failing["cache/self_lazy"].startswith("uncacheable in cold")


def test_nox_itself_fails_with_the_verdict(driver: Driver, middle: str) -> None:
    edit(driver, "matrix/data/claims.toml", '"works"', '"wrong"')
    words = [middle, "--state", str(driver.state), "--envdir", str(driver.envdir)]
    ended = subprocess.run(
        [sys.executable, "-m", "nox", "--envdir", str(driver.envdir), "-s", "matrix", "--", *words],
        cwd=driver.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    told = f"aot/self_helper: {middle.partition('-')[0]} -> works\n  claimed: wrong in any phase"
    assert told in ended.stdout
