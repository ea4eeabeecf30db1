"""A user's own project in cells: its probes, its library and another's, its claims."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matrix.experiments.needs import Need
from matrix.packages.wheels import Wheel, wheel_of
from matrix.run.environment import environment
from matrix.user.explain.example import EXAMPLES
from tests.cells.driving import ROOT, Driver, posix_only

PROJECT = """[project]
name = "tiny"
version = "0.1"
requires-python = ">=3.6"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
LIBRARY = '''"""A library with a recursion."""
from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - {step})
'''
PROBE = '''"""The library's own recursion."""
import tiny
from _shared import N


def run():
    return tiny.fib(N)
'''
LACKING = '''# /// script
# dependencies = ["numba<0.40"]
# ///
"""Needs what no cell has."""


def run():
    return 1
'''


def project(folder: Path) -> Path:
    """Make a project of a library and two probes; return its folder."""
    library, probes = folder / "src" / "tiny", folder / "probes" / "cache"
    library.mkdir(parents=True)
    probes.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (library / "__init__.py").write_text(LIBRARY.format(step=2))
    (probes / "recursive.py").write_text(PROBE)
    (probes / "_shared.py").write_text("N = 12\n")
    (probes / "lacking.py").write_text(LACKING)
    return folder


def joined(said: str) -> str:
    """Return what was printed with its lines as a shell takes them, and each word apart."""
    return " ".join(said.replace("\\\n", "").split())


def test_a_library_of_ones_own_is_run_and_run_again_when_it_changes(
    tmp_path: Path, driver: Driver, newest: str
) -> None:
    mine = project(tmp_path / "mine")
    words = ("--probes", str(mine / "probes"))
    run = (newest, *words, "--with", str(mine))

    ended = driver.run(*run)
    said = ended.without_traceback()
    assert ended.status == 0, said
    assert driver.outcomes(newest, "fork") == {"cache/recursive": "hit"}
    asked = f"numba<0.40 is asked for, and this cell has numba {newest.partition('-')[0]}"
    assert f"NOT RUN {newest} cache/lacking: not_installable, {asked}" in said
    assert "every probe that was looked at does well" in said
    assert "claim" not in said
    (probe,) = driver.record(newest).probes
    assert [(package.name, package.asked) for package in probe.packages] == [("tiny", True)]
    assert driver.run(*run, "--strict").status == 3

    assert driver.run(*run).due() == (0, 0)
    (mine / "src" / "tiny" / "__init__.py").write_text(LIBRARY.format(step="(1 + 1)"))
    assert driver.run(*run).due() == (1, 1)
    (mine / "probes" / "cache" / "_shared.py").write_text("N = 13\n")
    assert driver.run(*run).due() == (1, 1)

    square = (newest, "cache/recursive", *words)
    shown = driver.start("show", *square).end().said
    assert "cache/recursive --probes" in shown
    # What can be typed as it stands: the wheel that was made of the folder.
    (wheel,) = set(re.findall(r"--with (\S+/tiny-0\.1-py3-none-any\.whl)", joined(shown)))
    assert Path(wheel).is_file()
    (laid_out,) = re.findall(rf"tiny 0\.1 \(\w+\), in ({newest}\+\w+)", " ".join(shown.split()))
    assert environment(driver.envdir, *laid_out.rsplit("+", 1)).is_dir()
    file = mine / "probes" / "cache" / "recursive.py"
    assert f"nox -s check -- {laid_out} {file}" in joined(shown)
    without = driver.start("debug", *square, "--envdir", str(driver.envdir)).end()
    assert without.status == 2, without.said
    assert "was run in" in without.without_traceback()
    assert f"not asked for: add --with {wheel}" in joined(without.said)
    laid = (*square, "--with", wheel, "--phase", "warm", "--envdir", str(driver.envdir))
    debugged = driver.start("debug", *laid).end()
    assert (debugged.status, "warm answered 233" in debugged.said) == (0, True), debugged.said

    assert driver.start("claims", *words).end().status == 0
    assert '["cache/recursive"]\nkind = "promise"' in (mine / "probes/claims.toml").read_text()
    again = driver.start("claims", *words).end()
    assert (again.status, "is there already" in again.said) == (2, True)
    judged = driver.judge(*words)
    assert judged.status == 0
    assert "every claim that was looked at holds" in judged.said


def test_what_was_seen_stays_where_a_library_cannot_be_built_or_had_for_a_while(
    tmp_path: Path, driver: Driver, newest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = project(tmp_path / "mine")
    (mine / "probes" / "cache" / "lacking.py").unlink()
    words = ("--probes", str(mine / "probes"))
    run = (newest, *words, "--with", str(mine))
    assert driver.run(*run).status == 0
    seen = driver.record(newest)

    (mine / "pyproject.toml").write_text("[project\n")
    ended = driver.run(*run)
    assert ended.status == 3, ended.said
    why = "not_installable, mine: TOML parse error at line 1"
    assert f"NOT RUN {newest}: {why}" in ended.without_traceback()
    assert driver.record(newest).probes == seen.probes
    judged = driver.judge(*words)
    assert f"AS SEEN BEFORE {newest} cache/recursive; since then {why}" in judged.said
    assert "with tiny 0.1 (" in judged.said
    assert (judged.status, driver.judge(*words, "--strict").status) == (0, 3)
    shown = driver.start("show", newest, "cache/recursive", *words).end()
    assert f"as it was seen before; since then {why}" in shown.said
    assert driver.start("claims", *words).end().status == 0

    (mine / "pyproject.toml").write_text(PROJECT)
    before = driver.record(newest)
    with monkeypatch.context() as away:
        away.setenv("UV_OFFLINE", "1")
        away.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        unanswered = driver.run(*run, "--fresh")
    assert unanswered.status == 1
    assert "error: the package index could not be asked" in unanswered.without_traceback()
    assert driver.record(newest) == before

    mended = driver.run(*run)
    assert (mended.status, mended.due()) == (0, (0, 0)), mended.said
    assert "1 unchanged since last time" in mended.said
    assert driver.record(newest) == seen
    assert "AS SEEN BEFORE" not in driver.judge(*words).said


CALLS = '''"""The library's function, from a cached one."""
from pathlib import Path

from _tiny import scaled
from numba import njit


@njit(cache=True)
def priced(n):
    return scaled(n) + 1


def run():
    return priced(2)


def other():
    return scaled(2.5)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("+ 1", "+ 2"))
'''
SCALED = """

@njit(cache=True)
def scaled(x):
    return 3 * x
"""


@posix_only
def test_what_a_library_caches_is_held_in_a_race_and_begins_with_nothing_in_a_change(
    tmp_path: Path, driver: Driver, newest: str
) -> None:
    mine = project(tmp_path / "mine")
    shutil.rmtree(mine / "probes" / "cache")
    library = mine / "src" / "tiny" / "__init__.py"
    library.write_text(library.read_text() + SCALED)
    for carrier in ("change", "race"):
        (mine / "probes" / carrier).mkdir()
        (mine / "probes" / carrier / "priced.py").write_text(CALLS)
        (mine / "probes" / carrier / "_tiny.py").write_text("from tiny import scaled\n")
    words = ("--probes", str(mine / "probes"))

    ended = driver.run(newest, *words, "--with", str(mine))

    assert ended.status == 1
    found = driver.outcomes(newest, "fork")
    assert found.pop("race/priced").startswith("poisoned in race (run reads scaled index; ")
    assert found == {"change/priced": "noticed"}
    assert f"race/priced: {newest.partition('-')[0]} -> poisoned" in ended.without_traceback()
    assert driver.start("claims", *words).end().status == 0
    claims = (mine / "probes" / "claims.toml").read_text()
    assert '["race/priced"]\nkind = "hazard"' in claims
    assert '["change/priced"]\nkind = "promise"' in claims
    assert driver.judge(*words).status == 0


def test_a_build_leaves_a_library_as_it_was(tmp_path: Path) -> None:
    mine = project(tmp_path / "mine")
    (mine / "old.egg-info").mkdir()
    before = set(mine.rglob("*"))
    assert isinstance(wheel_of(Need("", str(mine)), sys.executable, tmp_path / "kept"), Wheel)
    assert set(mine.rglob("*")) == before


def test_what_is_named_is_meant_from_where_nox_was_started(tmp_path: Path) -> None:
    mine = project(tmp_path / "mine")
    (mine / "probes").rename(mine / "my_probes")  # which the clone has not
    words = ("--probes", "my_probes", "--state", "../kept")

    ended = subprocess.run(
        [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-s", "report", "--", *words],
        cwd=mine, capture_output=True, text=True, check=False,
    )  # fmt: skip

    said = ended.stdout + ended.stderr
    assert "nothing is stored" in said, said
    assert "there is no such folder" not in said
    assert not (ROOT.parent / "kept").exists()


def test_below_what_ends_the_next_process_stands_why_and_what_passes(
    tmp_path: Path, driver: Driver, newest: str
) -> None:
    pairs = (EXAMPLES[kind] for kind in ("default", "literal", "functions, two", "promoted"))
    hazards = {f"cache/{hazard}": f"cache/{safe}" for hazard, safe in pairs}
    (tmp_path / "mine/cache").mkdir(parents=True)
    for hazard in hazards:
        shutil.copyfile(ROOT / f"probes/{hazard}.py", tmp_path / f"mine/{hazard}.py")

    ended = driver.run(newest, "--probes", str(tmp_path / "mine"))

    assert ended.status == 1
    lines = ended.without_traceback().splitlines()
    for hazard, safe in hazards.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{hazard}: "))
        assert lines[at].endswith("-> crashed in warm (SIGSEGV)")
        assert f"  same cause as {hazard}; passes: {safe}" in lines[at : at + 5]
