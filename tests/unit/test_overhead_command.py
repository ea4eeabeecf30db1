"""`nox -s overhead`: its options, its exit status, and what it leaves, without a cell to run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matrix.command_line import PROBES, Options, parse
from matrix.errors import BadInput, NothingToRun
from matrix.overhead.command import compare, file_what_was_taken, overhead
from matrix.overhead.samples import FOLDER, Measurement, load_all, save
from matrix.overhead.session import OverheadRun, measurement
from matrix.suite import read_suite
from tests.unit.overhead_records import measurement as made
from tests.unit.overhead_records import only

CELL = "0.57.0-cp311"
# Any probes will do, and other people's need no claims.
PROBE = "def run():\n    return 1\n"


def nothing_to_say(text: str) -> None:
    raise AssertionError(text)


def stored(folder: Path, *measured: Measurement) -> Options:
    (folder / "probes" / "cache").mkdir(parents=True)
    (folder / "probes" / "cache" / "one.py").write_text(PROBE, encoding="utf-8")
    options = Options("overhead", stored=True, state=folder, probes=folder / "probes")
    for measurement_ in measured:
        save(read_suite(options).state / FOLDER, measurement_)
    return options


def test_everything_is_reported_of_what_is_stored(tmp_path: Path) -> None:
    options = stored(tmp_path, made("0.48.0-cp38"), made())
    said: list[str] = []
    assert overhead(options, said.append) == 0
    report = read_suite(options).state / "report"
    assert set(json.loads((report / "matrix.json").read_text())["overhead"]) == {
        "spread",
        "article",
        "cells",
    }
    assert "overhead/process-start-light.svg" in (report / "report.md").read_text()
    text = "\n".join(said)
    assert text.count("| article, 1st run |") == 8
    assert "- later-loads: " in text
    assert "every claim holds in every cell measured" in text


def test_a_claim_that_clearly_fails_is_the_exit_status_and_an_unclear_one_is_not(
    tmp_path: Path,
) -> None:
    slow = only("f1 first call", 1 / 3, program="lazy_plain", run="cold")
    said: list[str] = []
    assert overhead(stored(tmp_path / "fails", made(vary=slow)), said.append) == 1
    assert "- fails: later-loads in 0.57.0-cp311, lazy_plain: 18.9x" in "\n".join(said)
    assert overhead(stored(tmp_path / "unclear", made(vary=slow, repeat=2)), said.append) == 0
    assert "- unclear: later-loads in 0.57.0-cp311, lazy_plain: 18.9x" in "\n".join(said)


def test_with_nothing_measured_there_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(NothingToRun):
        overhead(stored(tmp_path), lambda _: None)


def test_a_second_measurement_is_held_against_the_spread_of_the_first() -> None:
    moved = made(vary=only("f1 first call", 1.2, program="lazy_plain"), run="second")
    said: list[str] = []
    compare({CELL: made()}, {CELL: moved}, said.append)
    assert said == ["86 of 88 medians (98%) lie within the spread printed last time"]


def test_a_first_measurement_and_one_on_another_processor_are_held_against_nothing() -> None:
    said: list[str] = []
    compare({CELL: None}, {CELL: made()}, said.append)
    other = Measurement(**{f: getattr(made(), f) for f in made().__struct_fields__} | {"cpu": "b"})
    compare({CELL: other}, {CELL: made()}, said.append)
    assert said == []


def test_the_runners_lines_become_a_measurement() -> None:
    run = OverheadRun("id", "s", "linux-x86_64", "A processor", 1, 5, 1.0, str(PROBES), {})
    whole = made(repeat=1)
    versions = {"numba": "0.57.0", "python": "3.11.4", "numpy": "1.24.1", "llvm": "14.0.6"}
    lines = [{"versions": versions | {"llvmlite": "0.40.0"}}]
    lines += [
        {name: getattr(sample, name) for name in sample.__struct_fields__}
        for sample in whole.samples
    ]
    found = measurement(run, CELL, whole.when, [*lines, {"done": True}])
    assert found.missing() == ""
    assert found.samples == whole.samples
    assert (found.numba, found.llvm, found.run) == ("0.57.0", "14.0.6", "id")
    assert measurement(run, CELL, whole.when, lines[:-1]).missing() == (
        "eager_recursive warm: 0 samples of 1"
    )


@pytest.mark.parametrize(
    ("stored_before", "taken", "enough", "kept"),
    [(0, 1, 5, 1), (3, 2, 5, 3), (3, 3, 5, 3), (3, 4, 5, 4), (9, 5, 5, 5), (9, 5, 99, 9)],
)
def test_what_was_cut_short_takes_the_place_of_no_more_than_it_is(
    tmp_path: Path, stored_before: int, taken: int, enough: int, kept: int
) -> None:
    store, work = tmp_path / FOLDER, tmp_path / "work"
    if stored_before:
        save(store, made(run="older", repeat=stored_before))
    save(work, made(run="newer", repeat=taken))
    said: list[str] = []
    done = file_what_was_taken(work, store, enough, said.append)
    (found,) = load_all(store, nothing_to_say)
    assert found.repeat == kept
    assert done == ({CELL: found} if found.run == "newer" else {})
    assert (found.run == "newer") == (taken >= min(stored_before, enough))
    assert not work.exists()
    fate = "stored as they are" if found.run == "newer" else "let go, as more are stored"
    line = f"{CELL}: {taken} repetitions of a run cut short, {fate}"
    assert said == ([line] if taken < enough else [])


def test_what_was_not_taken_at_all_leaves_what_is_stored(tmp_path: Path) -> None:
    save(tmp_path / FOLDER, made())
    assert file_what_was_taken(tmp_path / "work", tmp_path / FOLDER, 5, nothing_to_say) == {}
    assert load_all(tmp_path / FOLDER, nothing_to_say) == (made(),)


def test_five_repetitions_are_the_default() -> None:
    assert parse(["overhead"]).repeat == 5
    asked = parse(["overhead", "seed", "0.60", "--repeat", "3", "--stored"])
    assert (asked.selectors, asked.repeat, asked.stored) == (("seed", "0.60"), 3, True)


@pytest.mark.parametrize("words", [["--repeat", "0"], ["--repeat", "x"], ["--jobs", "2"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    with pytest.raises(BadInput):
        parse(["overhead", *words])
