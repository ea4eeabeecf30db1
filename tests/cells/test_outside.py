"""What a result depends on beside the suite's files: a compiler, and modules from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from tests.cells.driving import Driver, posix_only
from tests.cells.test_faults import FAULTS

LIBRARY = '''"""A library of somebody's, cached beside itself."""
from numba import njit


@njit(cache=True)
def double(n):
    return {body}
'''
REACHING = '''"""Reaches a library through the path."""
import sys

sys.path.insert(0, {folder!r})

import {library}


def run():
    return {library}.double(21)
'''

pytestmark = posix_only


@pytest.fixture
def reaching(tmp_path: Path, newest: str) -> list[str]:
    """Return the words that run three probes: two reach a library, of which one is not there."""
    probes, library = tmp_path / "probes", tmp_path / "library"
    shutil.copytree(
        FAULTS / "aot", probes / "aot", ignore=lambda _, names: {*names} - {"healthy.py"}
    )
    (probes / "cache").mkdir()
    library.mkdir()
    (library / "mine.py").write_text(LIBRARY.format(body="2 * n"))
    for name in ("mine", "missing"):
        text = REACHING.format(folder=str(library), library=name)
        (probes / "cache" / f"reaches_{name}.py").write_text(text)
    return [newest, "--probes", str(probes)]


def test_what_a_result_depends_on_runs_again_when_it_changes(
    tmp_path: Path,
    driver: Driver,
    newest: str,
    reaching: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = tmp_path / "library"

    monkeypatch.setenv("CC", "/bin/false")
    driver.run(*reaching)
    assert driver.outcomes(newest) == {
        "aot/healthy": "raised in interpreted (RuntimeError)",
        "cache/reaches_mine": "hit",
        "cache/reaches_missing": "raised in interpreted (ModuleNotFoundError)",
    }
    # The library's cache was led away from it, into what the run clears up.
    assert [path.name for path in library.rglob("*.nb?")] == []

    monkeypatch.delenv("CC")
    assert driver.run(*reaching).due() == (2, 1)
    assert driver.outcomes(newest)["aot/healthy"] == "works"

    (library / "missing.py").write_text(LIBRARY.format(body="n + n"))
    assert driver.run(*reaching).due() == (1, 1)
    assert driver.outcomes(newest)["cache/reaches_missing"] == "hit"
    assert driver.run(*reaching).due() == (0, 0)

    (library / "mine.py").write_text(LIBRARY.format(body="2 // (n - n)"))
    said = driver.judge(*reaching).said
    assert f"{newest}: 1 probe is left out, cache/reaches_mine first" in said
    assert driver.run(*reaching).due() == (1, 1)
    assert driver.outcomes(newest)["cache/reaches_mine"] == (
        "raised in interpreted (ZeroDivisionError)"
    )
    assert driver.run(*reaching).due() == (0, 0)

    # Its place is known to this machine alone, and without it nothing is believed.
    record = driver.record(newest)
    modules = {probe.id: [module.name for module in probe.outside] for probe in record.probes}
    assert modules == {
        "aot/healthy": [],
        "cache/reaches_mine": ["mine"],
        "cache/reaches_missing": ["missing"],
    }
    assert str(library) not in msgspec.json.encode(record).decode()
    shutil.rmtree(next(driver.state.glob("probes/*/outside")))
    assert driver.run(*reaching).due() == (2, 1)
