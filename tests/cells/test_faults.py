"""Probes that misbehave: each has its outcome, alone, and leaves nothing behind."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, Ended, linux_only, posix_only

FAULTS = Path(__file__).parent / "faults"
HANGING = FAULTS / "hanging"
MEDDLING = FAULTS / "meddling"

EXPECTED = {
    "cache/calls_a_stencil": "recompiled in warm (never)",
    "cache/compiles_at_exit": "recompiled in warm (never)",
    "cache/digs_deep": "hit",
    "cache/links_its_cache": "raised in cold (CacheElsewhere)",
    "cache/stops_nox": "hit",
    "cache/caches_elsewhere": "raised in cold (CacheElsewhere)",
    "cache/caches_under_an_odd_name": "hit",
    "cache/closes_stdout": "hit",
    "cache/compiles_what_it_evaluates": "recompiled in warm (never)",
    "cache/compiles_what_it_executes": "recompiled in warm (never)",
    "cache/counts_in_halves": "raised in cold (UnusableResults)",
    "cache/empties_its_cache": "uncacheable in cold",
    "cache/exits_early": "crashed in interpreted (no answer)",
    "cache/exits_politely": "crashed in interpreted (exit 3)",
    "cache/healthy": "hit",
    "cache/interrupts_itself": "raised in interpreted (KeyboardInterrupt)",
    "cache/kills_its_group": "crashed in interpreted (SIGKILL)",
    "cache/leaves_a_child": "hit",
    "cache/leaves_an_escaped_child": "hit",
    "cache/never_loads": "recompiled in warm (never)",
    "cache/not_cached": "uncacheable in cold",
    "cache/prints_ten_megabytes": "hit",
    "cache/raises_at_exit": "hit",
    "cache/raises_at_import": "raised in interpreted (ZeroDivisionError)",
    "cache/raises_odd_text": "raised in interpreted (ValueError)",
    "cache/raises_when_compiled": "raised in cold (TypingError)",
    "cache/removes_its_folder": "raised in cold (FileNotFoundError)",
    "cache/returns_a_set": "raised in interpreted (TypeError)",
    "cache/returns_deep": "raised in interpreted (ValueError)",
    "cache/returns_much": "raised in cold (ValueError)",
    "cache/returns_nan": "hit",
    "cache/returns_odd_text": "hit",
    "cache/returns_paths": "hit",
    "cache/segfaults": "crashed in interpreted (SIGSEGV)",
    "cache/segfaults_at_exit": "crashed in interpreted (SIGSEGV)",
    "cache/segfaults_when_compiled": "crashed in cold (SIGSEGV)",
    "cache/stops_its_parent": "hit",
    "cache/syntax_error": "raised in interpreted (SyntaxError)",
    "cache/writes_among_its_results": "hit",
    "cache/wrong_path_when_compiled": "wrong in cold",
    "cache/wrong_when_compiled": "wrong in cold",
    "cache/wrong_when_loaded": "wrong in warm",
    "aot/healthy": "works",
    "aot/leaves_a_child": "works",
    "aot/needs_numba_when_loaded": "raised in load (ImportError)",
    "aot/no_module": "raised in interpreted (AttributeError)",
    "aot/raises_when_built": "raised in build (TypingError)",
    "aot/removes_its_module": "raised in load (ImportError)",
    "aot/segfaults_when_loaded": "crashed in load (SIGSEGV)",
    "aot/sleeping_before": "works",
    "aot/syntax_error": "raised in interpreted (SyntaxError)",
    "aot/wrong_when_built": "wrong in load",
}
EXPECTED_HANGING = {
    "cache/hangs": "timed_out in interpreted",
    "cache/hangs_at_exit": "timed_out in interpreted",
    "cache/raises_at_import": "raised in interpreted (ZeroDivisionError)",
    "aot/hangs": "timed_out in interpreted",
}
# What each of these prints is the pid of a process that would go on for an hour.
LEAVING = {
    "cache/hangs",
    "cache/hangs_at_exit",
    "cache/leaves_a_child",
    "cache/leaves_an_escaped_child",
    "aot/hangs",
    "aot/leaves_a_child",
}
# Nothing about these depends on how a phase is started, and every process costs a second.
ONE_WAY = {
    "cache/digs_deep",
    "cache/links_its_cache",
    "cache/caches_under_an_odd_name",
    "cache/compiles_what_it_executes",
    "cache/counts_in_halves",
    "cache/empties_its_cache",
    "cache/exits_politely",
    "cache/never_loads",
    "cache/not_cached",
    "cache/raises_at_exit",
    "cache/raises_odd_text",
    "cache/raises_when_compiled",
    "cache/returns_much",
    "cache/returns_odd_text",
    "cache/wrong_path_when_compiled",
    "cache/wrong_when_loaded",
    "aot/needs_numba_when_loaded",
    "aot/no_module",
    "aot/raises_when_built",
    "aot/removes_its_module",
    "aot/wrong_when_built",
}
EXPECTED_EXEC = {probe: says for probe, says in EXPECTED.items() if probe not in ONE_WAY}
RUNS = [("exec", EXPECTED_EXEC), ("fork", EXPECTED), ("hanging", EXPECTED_HANGING)]

pytestmark = posix_only


class Run(msgspec.Struct, frozen=True):
    """A run over faulty probes: where it is stored, the cell, and how the driver ended."""

    driver: Driver
    cell: str
    ended: Ended


@pytest.fixture(scope="session")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
    memo: Path,
    oldest: str,
    middle: str,
    newest: str,
) -> dict[str, Run]:
    """Run every fault both ways, in as many cells at once as there are different ones."""
    exec_too = [word for probe in EXPECTED_EXEC for word in ("--probe", probe)]
    places = {
        "exec": (middle, str(FAULTS), "--isolation", "exec", *exec_too),
        "fork": (newest, str(FAULTS), "--isolation", "fork"),
        # Mostly waiting, so that it costs the others little.
        "hanging": (oldest, str(HANGING), "--isolation", "both", "--timeout", "6"),
    }
    folder = tmp_path_factory.mktemp("faults")
    under_way: dict[str, tuple[Driver, str, Future[Ended]]] = {}
    with ThreadPoolExecutor() as pool:
        for name, (cell, probes, *options) in places.items():
            driver = new_driver(folder / name, memo)
            words = (cell, "--probes", probes, *options)
            under_way[name] = (driver, cell, pool.submit(driver.run, *words))
    return {
        name: Run(driver, cell, future.result())
        for name, (driver, cell, future) in under_way.items()
    }


@pytest.mark.parametrize(
    ("name", "probe", "says"),
    [(name, probe, says) for name, expected in RUNS for probe, says in expected.items()],
)
def test_a_fault_is_the_outcome_of_its_probe_alone(
    runs: dict[str, Run], name: str, probe: str, says: str
) -> None:
    run = runs[name]
    ways = ("exec", "fork") if name == "hanging" else (name,)
    for isolation in ways:
        assert run.driver.outcomes(run.cell, isolation)[probe] == says


@pytest.mark.parametrize(("name", "expected"), RUNS)
def test_a_cell_full_of_faults_has_run_and_its_run_is_a_failure(
    runs: dict[str, Run], name: str, expected: dict[str, str]
) -> None:
    run = runs[name]
    assert run.ended.status == 1
    run.ended.without_traceback()
    record = run.driver.record(run.cell)
    assert record.status == "ran"
    assert record.notes == ()
    assert {probe.id for probe in record.probes} == set(expected)


@pytest.mark.parametrize("name", [name for name, _ in RUNS])
def test_no_process_of_a_probe_is_left_behind(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    left = {
        (probe, int(line))
        for probe, phase in run.driver.phases(run.cell)
        if probe in LEAVING
        for line in phase.stdout.split()
    }
    assert {probe for probe, _ in left} == LEAVING & set(dict(RUNS)[name])
    assert [probe for probe, pid in left if still_going(pid)] == []


def still_going(pid: int) -> bool:
    """Whether the process with this id is one that a probe left, and not a later one's."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"3600" in words or b"_cell" in words


@pytest.mark.parametrize("name", [name for name, _ in RUNS])
def test_no_file_of_a_probe_is_left_behind(runs: dict[str, Run], name: str) -> None:
    (state,) = runs[name].driver.state.glob("probes/*")
    assert list((state / "work").iterdir()) == []


@linux_only
@pytest.mark.parametrize("name", ["exec", "fork"])
def test_what_a_child_left_running_is_counted(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    strays = {
        (probe, phase.name): phase.strays
        for probe, phase in run.driver.phases(run.cell)
        if "child" in probe and phase.name != "build"
    }
    assert set(strays.values()) == {1}
    assert len(strays) == 8


@pytest.mark.parametrize("name", ["exec", "fork"])
def test_of_endless_output_both_ends_are_kept(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    for probe, phase in run.driver.phases(run.cell):
        assert max(len(phase.stdout), len(phase.stderr)) < 10_000
        if probe == "cache/prints_ten_megabytes":
            for stream in (phase.stdout, phase.stderr):
                assert stream.startswith("xxxx")
                assert stream.endswith("the end\n")
                assert "left out" in stream


@pytest.mark.parametrize("name", ["exec", "fork"])
def test_a_wrong_value_is_stored_beside_the_right_one(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    right, wrong = 15511210043330985984000000, 7034535277573963776
    values = {
        phase.name: phase.value
        for probe, phase in run.driver.phases(run.cell)
        if probe == "cache/wrong_when_compiled"
    }
    assert values == {"interpreted": right, "cold": wrong, "warm": wrong}
    assert f"value {wrong} where interpreted gave {right}" in run.ended.said


@pytest.mark.parametrize("name", ["exec", "fork"])
def test_what_json_has_no_word_for_is_stored_in_words(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    values = {probe: phase.value for probe, phase in run.driver.phases(run.cell)}
    assert values["cache/returns_nan"] == [{"float": "nan"}, {"float": "inf"}, {"float": "-inf"}]
    assert values.get("cache/returns_odd_text", ["\\udc80\\udc80"]) == ["\\udc80\\udc80"]


@pytest.mark.parametrize("name", ["exec", "fork"])
def test_of_a_value_only_the_places_of_this_machine_are_hidden(
    runs: dict[str, Run], name: str
) -> None:
    run = runs[name]
    values = {probe: phase.value for probe, phase in run.driver.phases(run.cell)}
    here = "<scratch>/probes/cache/returns_paths"
    assert values["cache/returns_paths"] == [
        "/opt/nowhere/answer", here, "<literal:scratch>/x", {here: 2},
    ]  # fmt: skip


def test_a_value_beyond_all_bounds_is_refused_with_what_to_do(runs: dict[str, Run]) -> None:
    run = runs["fork"]
    (message,) = {
        p.message
        for probe, p in run.driver.phases(run.cell)
        if p.exception == "ValueError" and probe == "cache/returns_much"
    }
    assert message == (
        "run() returned 20000002 bytes of JSON, and 65536 are kept: return a part, or a digest"
    )
    assert len(run.ended.said) < 100_000


@linux_only
def test_a_generation_whose_parent_dies_goes_on_exec_ed_and_says_so(
    tmp_path: Path, memo: Path, newest: str
) -> None:
    probes = shutil.copytree(MEDDLING, tmp_path / "probes")
    for carrier in ("aot", "cache"):
        shutil.copy(FAULTS / carrier / "healthy.py", probes / carrier)
    driver = new_driver(tmp_path / "meddling", memo)
    driver.run(newest, "--probes", str(probes), "--isolation", "fork")
    assert driver.outcomes(newest, "fork") == {
        "aot/blocks_the_way": "works",
        "aot/healthy": "works",
        "cache/healthy": "hit",
        "cache/kills_its_parent": "hit",
        "cache/kills_its_parent_at_once": "hit",
    }
    first, note = driver.record(newest).notes
    assert "generation interpreted ended early" in first
    assert "generation build-cold ended early" in note
    assert "FileExistsError" in note
    # The cache that the killed process left is not the one that the second try began with.
    killed = [p for probe, p in driver.phases(newest) if probe == "cache/kills_its_parent"]
    assert [(p.name, p.hits, p.misses) for p in killed][1:] == [("cold", 0, 1), ("warm", 1, 0)]


@linux_only
def test_a_load_that_was_under_way_in_a_generation_that_died_is_not_tried_again(
    tmp_path: Path, memo: Path, newest: str
) -> None:
    driver = new_driver(tmp_path / "dying", memo)
    words = (newest, "--probes", str(FAULTS / "dying"), "--isolation")
    for _ in ("once", "and once more, as it may have been the machine"):
        ended = driver.run(*words, "fork")
        assert ended.due() == (1, 1)
        # Tried again it would find all it needs in the cache, and pass for a hit.
        assert driver.outcomes(newest, "fork") == {
            "cache/compiles_more_when_loaded": "raised in warm (GenerationDied)"
        }
    driver.run(*words, "exec")
    assert driver.outcomes(newest) == {
        "cache/compiles_more_when_loaded": "recompiled in warm (late)"
    }


@linux_only
def test_who_ends_the_runner_takes_no_other_probe_with_it(
    tmp_path: Path, memo: Path, newest: str
) -> None:
    probes = shutil.copytree(FAULTS / "ending", tmp_path / "probes")
    for name in ("healthy", "not_cached", "segfaults"):
        shutil.copy(FAULTS / "cache" / f"{name}.py", probes / "cache")
    driver = new_driver(tmp_path / "ending", memo)
    ended = driver.run(newest, "--probes", str(probes))
    assert ended.status == 1
    said = f"cache/ends_the_runner: {newest.partition('-')[0]} -> raised in cold (RunnerEnded)"
    assert f"{said}\n  the in-cell runner ends each time: " in ended.without_traceback()
    # With nobody beside it as well, which takes nothing away from what is stored of the others.
    alone = ("--probe", "cache/ends_the_runner", "--fresh")
    assert driver.run(newest, "--probes", str(probes), *alone).due() == (1, 1)
    assert driver.outcomes(newest) == {
        "cache/ends_the_runner": "raised in cold (RunnerEnded)",
        "cache/healthy": "hit",
        "cache/not_cached": "uncacheable in cold",
        "cache/segfaults": "crashed in interpreted (SIGSEGV)",
    }
