"""`nox -s overhead`: its options, its exit status, and what it leaves, without a cell to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.commands.overhead import overhead
from matrix.errors import BadInput, NothingToRun
from matrix.experiments.overhead.figures import compare
from matrix.experiments.overhead.samples import (
    FOLDER,
    Measurement,
    Measuring,
    file_what_was_taken,
    measurements,
)
from matrix.model.cell import CellStatus
from matrix.model.job import Job, Observed, Run
from matrix.model.text import counted
from matrix.options import Overhead
from matrix.parser import parse
from tests.unit.overhead_records import measurement as made
from tests.unit.overhead_records import only

CELL = "0.57.0-cp311"


def nothing_to_say(text: str) -> None:
    raise AssertionError(text)


def stored(folder: Path, *measured: Measurement) -> Overhead:
    for measurement_ in measured:
        measurements(folder / FOLDER, nothing_to_say).save(measurement_)
    return Overhead(stored=True, state=folder)


def test_everything_is_reported_of_what_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert overhead(stored(tmp_path, made("0.48.0-cp38"), made())) == 0
    report = tmp_path / "report"
    assert set(json.loads((report / "matrix.json").read_text())["overhead"]) == {
        "spread",
        "article",
        "cells",
    }
    assert "overhead/process-start-light.svg" in (report / "report.md").read_text()
    text = capsys.readouterr().out
    assert text.count("| article, 1st run |") == 8
    assert "- later-loads: " in text
    assert "every claim holds in every cell measured" in text


def test_a_claim_that_clearly_fails_is_the_exit_status_and_an_unclear_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = only("f1 first call", 1 / 3, program="lazy_plain", run="cold")
    assert overhead(stored(tmp_path / "fails", made(vary=slow))) == 1
    assert "- fails: later-loads in 0.57.0-cp311, lazy_plain: 18.9x" in capsys.readouterr().out
    assert overhead(stored(tmp_path / "unclear", made(vary=slow, repeat=2))) == 0
    assert "- unclear: later-loads in 0.57.0-cp311, lazy_plain: 18.9x" in capsys.readouterr().out


def test_with_nothing_measured_there_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(NothingToRun):
        overhead(stored(tmp_path))


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
    job = Job("0.57.0", "python", "3.11.4", "lock", ())
    run = Run("id", "overhead", "s", "f", "r", "linux-x86_64", "A cpu", "exec", 1.0, {CELL: job})
    whole = made(repeat=1)
    versions = {"numba": "0.57.0", "python": "3.11.4", "numpy": "1.24.1", "llvm": "14.0.6"}
    lines: list[dict[str, Any]] = [{"versions": versions | {"llvmlite": "0.40.0"}}]
    lines += [
        {name: getattr(sample, name) for name in sample.__struct_fields__}
        for sample in whole.samples
    ]
    seen = Observed(CellStatus.RAN, began=whole.when, lines=(*lines, {"done": True}))
    found = Measuring.filed(run, CELL, seen, None)
    assert found is not None
    assert found.flaw() == ""
    assert found.samples == whole.samples
    assert (found.numba, found.llvm, found.run, found.when) == (
        *("0.57.0", "14.0.6", "id"),
        whole.when,
    )
    less = msgspec.structs.replace(seen, lines=tuple(lines[:-1]))
    assert Measuring.filed(run, CELL, less, None) is None
    broken = msgspec.structs.replace(seen, status=CellStatus.BROKEN)
    assert Measuring.filed(run, CELL, broken, found) is None


@pytest.mark.parametrize(
    ("stored_before", "taken", "enough", "kept"),
    [(0, 1, 5, 1), (3, 2, 5, 3), (3, 3, 5, 3), (3, 4, 5, 4), (9, 5, 5, 5), (9, 5, 99, 9)],
)
def test_what_was_cut_short_takes_the_place_of_no_more_than_it_is(
    tmp_path: Path, stored_before: int, taken: int, enough: int, kept: int
) -> None:
    store, work = tmp_path / FOLDER, tmp_path / "work"
    if stored_before:
        measurements(store, nothing_to_say).save(made(run="older", repeat=stored_before))
    measurements(work, nothing_to_say).save(made(run="newer", repeat=taken))
    said: list[str] = []
    done = file_what_was_taken(work, store, enough, said.append)
    (found,) = measurements(store, nothing_to_say).load_all()
    assert found.repeat == kept
    assert done == ({CELL: found} if found.run == "newer" else {})
    assert (found.run == "newer") == (taken >= min(stored_before, enough))
    assert not work.exists()
    fate = "stored as they are" if found.run == "newer" else "let go, as more are stored"
    line = f"{CELL}: {counted(taken, 'repetition')} of a run cut short, {fate}"
    assert said == ([line] if taken < enough else [])


def test_what_was_not_taken_at_all_leaves_what_is_stored(tmp_path: Path) -> None:
    measurements(tmp_path / FOLDER, nothing_to_say).save(made())
    assert file_what_was_taken(tmp_path / "work", tmp_path / FOLDER, 5, nothing_to_say) == {}
    assert measurements(tmp_path / FOLDER, nothing_to_say).load_all() == (made(),)


def test_five_repetitions_are_the_default() -> None:
    assert parse(["overhead"]).repeat == 5
    asked = parse(["overhead", "seed", "0.60", "--repeat", "3", "--stored"])
    assert (asked.selectors, asked.repeat, asked.stored) == (("seed", "0.60"), 3, True)


@pytest.mark.parametrize("words", [["--repeat", "0"], ["--repeat", "x"], ["--jobs", "2"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    with pytest.raises(BadInput):
        parse(["overhead", *words])
