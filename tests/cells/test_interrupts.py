"""A run that is interrupted or killed leaves no process, and the next one does what is missing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cells.driving import (
    Driver,
    alive,
    flag,
    linux_only,
    pids_of_the_waiting,
    posix_only,
    processes_about,
    wait_for,
)

pytestmark = posix_only


@pytest.fixture(autouse=True)
def listening() -> None:
    """Listen to SIGINT, which a shell has its background jobs ignore; children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def all_gone(folder: Path, pids: list[int]) -> None:
    """See that nothing of the run is left."""
    wait_for(lambda: not any(map(alive, pids)), f"the end of {pids}")
    wait_for(lambda: not processes_about(folder), "the end of every process of the run")


def finishes_what_is_missing(driver: Driver, folder: Path, cells: list[str], missing: str) -> None:
    """Run again, unhindered: only the `missing` cell has anything to do."""
    flag(folder, missing).unlink()
    kept = {cell: driver.stored(cell) for cell in cells if cell != missing}
    ended = driver.run(*cells)
    assert ended.status == 0, ended.said
    assert ended.due() == (2, 1)
    assert {cell: driver.stored(cell) for cell in kept} == kept


def test_ctrl_c_ends_everything_and_keeps_what_was_done(
    waiting: Driver, tmp_path: Path, oldest: str, newest: str
) -> None:
    if oldest == newest:
        pytest.skip("one release only has an interpreter here")
    words = ["--state", str(waiting.state), "--envdir", str(waiting.envdir), "--jobs", "1"]
    nox = [sys.executable, "-m", "nox", "--envdir", str(waiting.envdir), "-s", "matrix", "--"]
    with subprocess.Popen(
        [*nox, oldest, newest, *words],
        cwd=waiting.project,
        process_group=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        pids = pids_of_the_waiting(tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate()
    assert process.returncode == 130, said
    assert "interrupted; what was done is kept" in said
    all_gone(tmp_path, pids)
    assert waiting.record(oldest).status == "ran"
    assert waiting.stored(newest) is None
    finishes_what_is_missing(waiting, tmp_path, [oldest, newest], newest)


@pytest.mark.parametrize(
    ("number", "isolation", "status"),
    [
        (signal.SIGINT, "exec", 130),
        (signal.SIGTERM, "fork", 130),
        pytest.param(signal.SIGKILL, "fork", -9, marks=linux_only),
    ],
)
def test_a_driver_that_is_ended_takes_all_it_started_with_it(
    waiting: Driver, tmp_path: Path, newest: str, number: int, isolation: str, status: int
) -> None:
    options = ("--isolation", isolation, "--envdir", str(waiting.envdir))
    running = waiting.start("run", newest, *options)
    pids = pids_of_the_waiting(tmp_path)
    running.process.send_signal(number)
    ended = running.end()
    assert ended.status == status, ended.said
    all_gone(tmp_path, pids)
    assert waiting.stored(newest) is None
    if number == signal.SIGKILL:
        finishes_what_is_missing(waiting, tmp_path, [newest], newest)


def test_an_interrupted_run_leaves_older_observations_as_they_were(
    waiting: Driver, tmp_path: Path, newest: str
) -> None:
    flag(tmp_path, newest).rename(tmp_path / "later")
    assert waiting.run(newest).status == 0
    path = waiting.state / "observations" / f"{newest}.json"
    before = path.read_bytes()
    shutil.move(tmp_path / "later", flag(tmp_path, newest))
    running = waiting.start("run", newest, "--fresh", "--envdir", str(waiting.envdir))
    pids = pids_of_the_waiting(tmp_path)
    running.process.send_signal(signal.SIGINT)
    assert running.end().status == 130
    all_gone(tmp_path, pids)
    assert path.read_bytes() == before
    assert waiting.run(newest).due() == (0, 0)
