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
    processes_in,
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


@linux_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_nox_that_is_ended_alone_takes_the_driver_and_all_it_started_with_it(
    waiting: Driver, tmp_path: Path, newest: str, number: int
) -> None:
    words = [newest, "--state", str(waiting.state), "--envdir", str(waiting.envdir)]
    nox = [sys.executable, "-m", "nox", "--envdir", str(waiting.envdir), "-s", "matrix", "--"]
    # As a script would start it: in the background, with SIGINT ignored.
    with subprocess.Popen(
        [*nox, *words],
        cwd=waiting.project,
        process_group=0,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=ignore_interrupts,  # noqa: PLW1509 (no thread of ours holds anything)
    ) as process:
        pids = pids_of_the_waiting(tmp_path)
        process.send_signal(number)
    all_gone(tmp_path, pids)
    assert waiting.stored(newest) is None
    finishes_what_is_missing(waiting, tmp_path, [newest], newest)


@linux_only
@pytest.mark.parametrize("isolation", ["exec", "fork"])
def test_a_driver_in_the_background_ends_when_asked_even_if_its_runner_is_stopped(
    waiting: Driver, tmp_path: Path, newest: str, isolation: str
) -> None:
    options = ("--isolation", isolation, "--envdir", str(waiting.envdir))
    running = waiting.start("run", newest, *options, before=ignore_interrupts)
    pids = pids_of_the_waiting(tmp_path)
    (runner,) = (pid for pid, words in processes_in(tmp_path) if words.endswith("/job.json"))
    os.kill(runner, signal.SIGSTOP)
    running.process.send_signal(signal.SIGTERM)
    ended = running.end()
    assert ended.status == 130, ended.said
    all_gone(tmp_path, [runner, *pids])
    assert waiting.stored(newest) is None


@linux_only
def test_the_session_of_a_nox_that_was_killed_files_nothing(
    waiting: Driver, tmp_path: Path, newest: str
) -> None:
    # With more than one job, nox gives a session a process of its own.
    options = ("--jobs", "2", "--envdir", str(waiting.envdir))
    running = waiting.start("run", newest, *options)
    pids = pids_of_the_waiting(tmp_path)
    (nox,) = (
        pid
        for pid, words in processes_in(tmp_path)
        if " --session " in words and "--parallel-worker" not in words
    )
    os.kill(nox, signal.SIGKILL)
    flag(tmp_path, newest).unlink()
    ended = running.end()
    assert ended.status == 3, ended.said
    said = f"NOT RUN {newest}: broken, its session left no observations (nox: not run, nox ended"
    assert said in ended.without_traceback()
    all_gone(tmp_path, pids)
    assert waiting.record(newest).status == "broken"


def ignore_interrupts() -> None:
    """Do as a shell does for what a script starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
