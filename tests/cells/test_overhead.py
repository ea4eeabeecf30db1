"""Overhead measured in a real cell: what is stored, and that a failed attempt leaves it alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from matrix.experiments.overhead.plots import pictures
from matrix.experiments.overhead.samples import STEPS, Measurement, Program, RunKind

ROOT = Path(__file__).parents[2]
RELEASE = "0.57.0"
REPEAT = 2
PROCESSES = len(Program) * len(RunKind) * REPEAT


def command(state: Path, *words: str) -> list[str]:
    """Return the command that `nox -s overhead` runs, without making its environment again."""
    return [sys.executable, "-m", "matrix", "overhead", RELEASE, "--state", str(state), *words]


def measure(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(state, *words), cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Measure the cell; return the state folder and how that went."""
    state: Path = tmp_path_factory.mktemp("state")
    return state, measure(state, "--repeat", str(REPEAT))


def stored(state: Path) -> Path:
    (path,) = (state / "overhead").glob("*.json")
    return path


def test_every_sample_is_stored_and_says_what_it_is_of(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    state, process = ran
    assert process.returncode == 0, process.stdout + process.stderr
    found = msgspec.json.decode(stored(state).read_bytes(), type=Measurement)
    assert found.flaw() == ""
    assert len(found.samples) == PROCESSES
    assert {tuple(sample.steps) for sample in found.samples} == {STEPS}
    assert all(taken > 0 for sample in found.samples for taken in sample.steps.values())
    assert all(sum(s.steps.values()) < s.wall_s for s in found.samples)
    assert found.numba == RELEASE
    assert found.cell.startswith(f"{RELEASE}-cp3")
    assert found.cpu
    assert len(found.loads) == 2 * PROCESSES


def test_progress_tables_plots_and_reports_are_there(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    state, process = ran
    cell = stored(state).stem
    for repetition in range(1, REPEAT + 1):
        assert f"repetition {repetition} of {REPEAT}, 1 cells" in process.stdout
        assert f"{cell}: {repetition} of {REPEAT}, " in process.stdout
    assert process.stdout.count("| article, 1st run |") == len(Program)
    report = state / "report"
    for name in ("report.md", "index.html", "matrix.json", "overhead.md", *pictures()):
        assert (report / name).stat().st_size > 0
    assert cell in (report / "index.html").read_text(encoding="utf-8")
    assert not list((state / "work").iterdir())


def test_a_program_that_fails_is_said_and_what_was_stored_is_kept(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    state, _ = ran
    before = stored(state).read_bytes()
    failed = measure(state, "--repeat", "1", "--timeout", "0.02")
    assert failed.returncode == 3, failed.stdout + failed.stderr
    assert f"{stored(state).stem}: importing Numba: timed out" in failed.stdout + failed.stderr
    assert f"NOT MEASURED {stored(state).stem}" in failed.stdout
    assert stored(state).read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_measurement_ends_all_it_started_and_keeps_what_was_stored(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    state, _ = ran
    before = stored(state).read_bytes()
    process = subprocess.Popen(
        command(state, "--repeat", "1"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    scratch = state / "work" / stored(state).stem / "scratch"
    until = time.monotonic() + 60
    while not (scratch / "0").exists():
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert stored(state).read_bytes() == before
    assert not scratch.exists()
