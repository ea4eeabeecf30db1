"""`nox -s debug`: a phase does by hand what it does in the matrix, as often as it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from matrix.run.environment import INSTALLED, environment
from tests.cells.driving import Driver, Ended, posix_only

pytestmark = posix_only

CRASHING = "cache/even_odd_lazy"


def debugged(driver: Driver, *words: str) -> Ended:
    """Debug a square in the environments that the other tests use too."""
    return driver.start("debug", *words, "--envdir", str(driver.envdir)).end()


def by_hand(said: str, folder: Path) -> int:
    """Run the printed command in a shell, as whoever copies it, and return how it ended."""
    lines = said[said.index("rm -rf ") :].splitlines()
    last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
    command = "\n".join(lines[: last + 1])
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(["sh", "-c", f"exec 2>&1; {command}"], cwd=folder, env=environment,
                          stdout=subprocess.DEVNULL, check=False).returncode  # fmt: skip


def test_a_crash_is_a_crash_again_and_again_by_the_printed_command(
    driver: Driver, newest: str, tmp_path: Path
) -> None:
    ended = debugged(driver, newest, CRASHING, "--phase", "warm")
    assert ended.status == 1, ended.said
    assert "warm ended by SIGSEGV" in ended.without_traceback()
    assert [by_hand(ended.said, tmp_path) for _ in range(2)] == [128 + 11] * 2
    assert driver.stored(newest) is None  # none of it is an observation


def test_two_at_once_take_turns_in_one_folder_and_keep_the_environment(
    driver: Driver, newest: str
) -> None:
    words = ("debug", newest, "cache/self_lazy", "--phase", "cold", "--envdir", str(driver.envdir))
    made = environment(driver.envdir, newest) / INSTALLED
    for ended in [running.end() for running in [driver.start(*words) for _ in range(2)]]:
        assert ended.status == 0, ended.said
        assert "cold answered 6765" in ended.without_traceback()
        assert made.exists()


def test_the_cold_phase_is_cold_each_time(driver: Driver, newest: str, tmp_path: Path) -> None:
    folder = tmp_path / "my folder"
    ended = debugged(driver, newest, "cache/self_lazy", "--phase", "cold", "--folder", str(folder))
    assert ended.status == 0, ended.said
    assert "cold answered 6765" in ended.said
    assert not list(folder.glob("before/**/*.nbi"))
    for _ in range(2):
        assert by_hand(ended.said, tmp_path) == 0
        (said,) = folder.glob("scratch/results/cache/*.cold")
        assert '"misses": 1' in said.read_text(encoding="utf-8")
    again = debugged(driver, newest, "cache/self_lazy", "--phase", "again", "--folder", str(folder))
    assert again.status == 3  # a clean hit has none
    assert f"no 'again' of cache/self_lazy in {newest}: the last was: warm answered" in again.said
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    refused = debugged(driver, newest, "cache/self_lazy", "--folder", str(mine))
    assert refused.status == 2
    assert "holds files that are not ours" in refused.without_traceback()
    assert (mine / "thesis.txt").exists()


def test_without_a_word_and_with_nothing_stored_it_is_the_last_that_is_come_to(
    driver: Driver, newest: str
) -> None:
    ended = debugged(driver, newest, "aot/even_odd_helper")
    assert ended.status == 1, ended.said
    assert "build raised AttributeError: " in ended.said  # below the traceback of the phase itself


def test_without_a_word_it_is_the_phase_that_failed_and_a_patch_is_part_of_it(
    driver: Driver, newest: str
) -> None:
    assert driver.run(newest, "--probe", "aot/even_odd_helper").status == 0
    ended = debugged(driver, newest, "aot/even_odd_helper")
    assert "build raised AttributeError: " in ended.said, ended.said
    cured = debugged(driver, newest, f"{CRASHING}@remedy")
    assert cured.status == 0, cured.said
    assert "warm answered [True, False]" in cured.said


def test_after_a_change_the_truth_is_that_of_after_it_and_what_it_sets_is_set(
    driver: Driver, newest: str, tmp_path: Path
) -> None:
    ended = debugged(driver, newest, "change/callee_elsewhere", "--phase", "warm")
    assert "warm answered 2, where plain Python gives 11" in ended.said, ended.said
    assert ended.status == 1
    folder = tmp_path / "set"
    words = ("--phase", "warm", "--folder", str(folder))
    assert debugged(driver, newest, "change/environment_cache_dir", *words).status == 0
    assert " NUMBA_BOUNDSCHECK=1 " in (folder / "run.sh").read_text(encoding="utf-8")


def test_under_gdb_there_is_a_native_backtrace_or_one_word_of_why_not(
    driver: Driver, newest: str
) -> None:
    ended = debugged(driver, newest, CRASHING, "--gdb")
    if shutil.which("gdb"):
        assert "SIGSEGV" in ended.said, ended.said
        assert "Dispatcher_call" in ended.said
    else:
        assert ended.status == 2
        assert "there is no gdb on PATH" in ended.without_traceback()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((CRASHING,), "CELL PROBE: such as"),
        (("{newest}", CRASHING, "--phase", "wram"), "did you mean 'warm'"),
        (("{newest}", CRASHING, "--phase", "build"), f"{CRASHING} has no such phase"),
        (("{newest}", "race/killed", "--phase", "race"), "is many processes, in every order"),
        (("{newest}", "race/killed"), "is many processes, in every order"),
        (("{newest}", "cache/even_od_lazy"), f"did you mean '{CRASHING}'"),
        (("{newest}", f"{CRASHING}@guard", "--patch", "remedy"), "is not under --patch remedy"),
    ],
)
def test_a_wrong_word_is_one_message(
    driver: Driver, newest: str, words: tuple[str, ...], says: str
) -> None:
    ended = debugged(driver, *(word.format(newest=newest) for word in words))
    assert ended.status == 2
    assert says in ended.without_traceback()
