"""The reference: what is kept of results, what is said to differ from it, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import BadInput
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import same_result
from matrix.judge.reference import file
from matrix.judge.reference.compare import compared, judged, lacking, standing
from matrix.judge.reference.file import (
    Reference,
    expanded,
    in_lines,
    made,
    read,
    stretches,
    written,
)
from matrix.judge.reference.squares import Squares, Versions, seen_in, settled
from matrix.model.cell import CellStatus
from matrix.model.outcome import Outcome, Result, same_value
from matrix.model.record import CellRecord, ProbeRecord
from matrix.project import REFERENCE, read_project
from matrix.select.releases import Platform
from matrix.select.selection import select
from tests.unit import records

CELLS = ["0.48.0-cp38", "0.57.0-cp310", "0.57.0-cp311", "0.57.1-cp311", "0.60.0-cp312"]
SHA256 = {"cache/p": "a" * 64, "cache/q": "b" * 64}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def wrong(value: Any, truth: Any = 55) -> ProbeRecord:
    phases = records.phase("interpreted", value=truth), records.cold(value=value), records.warm()
    return records.probe("cache/p", *phases)


KINDS: list[ProbeRecord] = [
    records.hit("cache/p"), records.crashed("cache/p"), records.recompiled("cache/p"),
    records.recompiled("cache/p", late=True), wrong(1), wrong(2.5), wrong("<b>"), wrong([1] * 90),
]  # fmt: skip


def of(cells: list[CellRecord], absent: tuple[str, ...] = ()) -> Reference:
    seen = {probe.id for cell in cells for probe in cell.probes}
    return made(
        seen_in(cells, "exec"), absent, probes={p: s for p, s in SHA256.items() if p in seen},
        runner="r" * 64, locks={cell.numba: "c" * 64 for cell in cells},
        platform=Platform.LINUX_X86_64,
    )  # fmt: skip


def read_back(reference: Reference, folder: Path) -> Reference:
    path = folder / "reference.json"
    path.write_text(written(reference), encoding="utf-8")
    found = read(path)
    assert found is not None
    return found


@given(st.sets(st.sampled_from(CELLS)))
def test_stretches_hold_just_the_cells_they_were_made_of(cells: set[str]) -> None:
    told = stretches(cells, CELLS)
    assert list(expanded(told, CELLS)) == [cell for cell in CELLS if cell in cells]


def test_a_stretch_to_the_end_needs_no_new_line_for_a_new_release() -> None:
    assert stretches(CELLS, CELLS) == ("..",)
    assert stretches(CELLS[2:], CELLS) == (f"{CELLS[2]}..",)
    assert stretches(CELLS[1:3], CELLS) == (f"{CELLS[1]}..{CELLS[2]}",)
    assert stretches(CELLS[1:2], CELLS) == (CELLS[1],)


@given(st.lists(st.sampled_from(KINDS), min_size=len(CELLS), max_size=len(CELLS)), st.randoms())
def test_what_is_read_back_is_what_each_cell_did_in_whatever_order_they_came(
    did: list[ProbeRecord], chance: random.Random
) -> None:
    cells = [records.cell(cell, probe) for cell, probe in zip(CELLS, did, strict=True)]
    text = written(of(cells))
    chance.shuffle(cells)
    assert written(of(cells)) == text
    found = msgspec.json.decode(text, type=Reference)
    assert written(found) == text
    for cell in cells:
        assert same_result(found.results()["cache/p"][cell.cell], settled(cell.probes[0]))


@given(VALUES, VALUES)
def test_a_value_that_is_another_is_told_apart_and_one_that_is_the_same_never(
    one: Any, other: Any
) -> None:
    left, right = settled(wrong(one, truth="x")), settled(wrong(other, truth="x"))
    if same_value(one, other):
        assert same_result(left, right)
    elif "sha256" not in f"{left.value}{right.value}" and None not in (left.value, right.value):
        assert not same_result(left, right)


@given(st.lists(st.floats(-1e300, 1e300), min_size=0, max_size=150), st.floats(-1e-10, 1e-10))
def test_a_value_that_was_rounded_otherwise_is_no_difference(
    numbers: list[float], off: float
) -> None:
    rounded = [number * (1 + off) for number in numbers]
    if same_value(numbers, rounded):
        left, right = settled(wrong(numbers, truth="x")), settled(wrong(rounded, truth="x"))
        assert same_result(left, right)


def test_a_value_of_what_well_written_programs_give_is_not_kept() -> None:
    assert "987654" not in written(of([records.cell(CELLS[0], records.hit(value=987654))]))
    assert '"987654"' in written(of([records.cell(CELLS[0], wrong(987654))]))


def test_a_long_value_is_kept_as_a_digest_that_leaves_numbers_out() -> None:
    long = settled(wrong(["text"] * 100 + [1.5], truth="x"))
    assert str(long.value).startswith("sha256:")
    assert same_result(long, settled(wrong(["text"] * 100 + [1.5000000001], truth="x")))
    assert not same_result(long, settled(wrong(["texts"] * 100 + [1.5], truth="x")))


def differences(
    then: list[CellRecord],
    now: list[CellRecord],
    *,
    runner: str = "r" * 64,
    lock: str = "c" * 64,
    **sha256: str,
) -> Any:
    programs = SHA256 | {f"cache/{k}": v for k, v in sha256.items()}
    locks = {cell.numba: lock for cell in now}
    return compared(of(then), now, programs, "exec", runner, locks)


def cells_of(*probes: ProbeRecord) -> list[CellRecord]:
    return [records.cell(cell, *probes) for cell in CELLS]


def test_a_run_that_did_the_same_does_not_differ() -> None:
    found = differences(cells_of(*KINDS[:1]), cells_of(*KINDS[:1]))
    assert found.lines([]) == []
    assert found.line() == "nothing differs from the reference: 5 squares compared"


def test_what_differs_is_said_with_the_releases_and_whether_it_is_worse() -> None:
    now = [records.cell(CELLS[0], records.crashed()), *cells_of(records.hit())[1:]]
    found = differences(cells_of(records.hit()), now)
    assert found.line() == (
        "1 square differs from the reference, of 5 compared (worse 1): cache/p first"
    )
    assert found.lines(["0.48.0"]) == ["worse: cache/p: hit -> crashed in warm (SIGSEGV), 0.48.0"]


def test_a_wrong_value_that_is_another_differs_and_says_so() -> None:
    found = differences(cells_of(wrong(1)), cells_of(wrong(2)))
    assert "of another value" in found.lines([])[0]
    assert differences(cells_of(wrong(1)), cells_of(wrong(1.0000000001))).lines([]) == []


def test_a_program_that_was_edited_since_is_not_compared_and_that_is_said() -> None:
    found = differences(cells_of(records.hit()), cells_of(records.crashed()), p="f" * 64)
    assert found.compared == 0
    assert found.line() == (
        "nothing could be compared with the reference;"
        " 1 probe is changed since the reference (cache/p)"
    )


def test_what_the_reference_does_not_hold_is_no_difference_and_is_said() -> None:
    now = [*cells_of(records.hit(), records.hit("cache/q"))[:1],
           records.cell("0.61.0-cp312", records.hit())]  # fmt: skip
    found = differences(cells_of(records.hit()), now)
    assert found.line() == (
        "nothing differs from the reference: 1 square compared;"
        " 1 probe is not in the reference (cache/q); 1 cell is not in the reference (0.61.0-cp312)"
    )


def test_a_square_that_the_reference_has_not_is_said() -> None:
    reference = of(cells_of(records.hit()))
    first = msgspec.structs.replace(reference.probes["cache/p"].did[0], cells=(f"{CELLS[2]}..",))
    program = msgspec.structs.replace(reference.probes["cache/p"], did=(first,))
    lacks = msgspec.structs.replace(reference, probes={"cache/p": program})
    locks = {cell.partition("-")[0]: "c" * 64 for cell in CELLS}
    found = compared(lacks, cells_of(records.hit()), SHA256, "exec", "r" * 64, locks)
    assert found.line() == (
        "nothing differs from the reference: 3 squares compared;"
        " 2 squares are not in the reference (cache/p)"
    )


def test_another_runner_or_lock_than_the_references_is_said() -> None:
    then = cells_of(records.hit())
    same = "nothing differs from the reference: 5 squares compared; the reference is of another"
    assert differences(then, then, runner="s" * 64).line() == f"{same} in-cell runner"
    assert differences(then, then[:1], lock="d" * 64).line().endswith("another lock of 0.48.0")
    # What only races run is no matter of this probe.
    assert "runner" not in differences(then, then, runner=f"{'r' * 64} {'s' * 64}").line()


def test_what_did_not_run_is_not_compared() -> None:
    broken = records.not_run(CELLS[0], CellStatus.BROKEN, "why")
    assert differences(cells_of(records.hit()), [broken]).compared == 0


def test_the_claims_are_held_against_the_reference_and_one_can_break() -> None:
    reference = of(cells_of(records.crashed()))
    crash = Claim(Kind.HAZARD, "w", (Expectation(Outcome.CRASHED, phase="warm"),), "https://x")
    assert judged(reference, {"cache/p": crash}).holds
    hit = Claim(Kind.PROMISE, "w", (Expectation(Outcome.HIT),))
    verdict = judged(reference, {"cache/p": hit})
    assert not verdict.holds
    assert {j.cell for j in verdict.judgements if j.breaks} == set(CELLS)
    mixed = of([records.cell(CELLS[0], records.hit()), *cells_of(records.recompiled())[1:]])
    assert not judged(mixed, {"cache/p": hit}).holds


def test_what_it_lacks_is_named() -> None:
    reference = of(cells_of(records.hit()), absent=("0.60.0-cp314",))
    known: dict[str, Any] = {
        "cells": [*CELLS, "0.60.0-cp314"], "probes": {"cache/p": SHA256["cache/p"]},
        "runner": "r" * 64, "locks": {c.partition("-")[0]: "c" * 64 for c in CELLS},
    }  # fmt: skip
    assert list(lacking(reference, *known.values())) == []
    changed = {
        "cells": [*CELLS, "0.61.0-cp312"], "probes": {"cache/p": "9" * 64, "cache/n": "1" * 64},
        "runner": "s" * 64, "locks": dict.fromkeys(known["locks"], "d" * 64),
    }  # fmt: skip
    said = list(lacking(reference, *(changed | {}).values()))  # type: ignore[arg-type]
    assert said == [
        "probes not in it: cache/n",
        "probes changed since: cache/p",
        "cells not in it: 0.61.0-cp312",
        "locks changed since: 0.48.0, 0.57.0, 0.57.1, 0.60.0",
        "the in-cell runner has changed since, for cache/p",
    ]
    assert list(lacking(reference, CELLS, {}, "r" * 64, known["locks"])) == [
        "probes in it that are gone: cache/p"
    ]


def test_what_only_races_run_is_no_matter_of_other_probes() -> None:
    did = {"cache/p": Result(Outcome.HIT, "warm"), "race/p": Result(Outcome.SOUND, "race")}
    probes, locks = {"cache/p": "a" * 64, "race/p": "b" * 64}, {"0.48.0": "c" * 64}
    then, now = (f"{'r' * 64} {engine * 64}" for engine in "xy")
    found = made(
        Squares({CELLS[0]: Versions("1", "2", "3")}, {CELLS[0]: did}), (),
        probes=probes, runner=then, locks=locks, platform=Platform.LINUX_X86_64,
    )  # fmt: skip
    assert list(lacking(found, CELLS[:1], probes, then, locks)) == []
    assert len(standing(found, probes, then, locks)) == 2
    said = "the in-cell runner has changed since, for race/p"
    assert list(lacking(found, CELLS[:1], probes, now, locks)) == [said]
    assert standing(found, probes, now, locks).did.keys() == {CELLS[0]}
    assert standing(found, probes, now, locks).did[CELLS[0]].keys() == {"cache/p"}
    assert len(standing(found, probes, now.replace("r", "s"), locks)) == 0
    assert len(standing(found, probes, then, {"0.48.0": "d" * 64})) == 0
    assert len(standing(found, probes | {"cache/p": "e" * 64}, then, locks)) == 1


BROKEN = {
    "schema": ({"schema": 2}, "its schema is 2, not 1"),
    "platform": ({"platform": "plan9"}, "Invalid enum value"),
    "unknown": ({"machine": "of mine"}, "unknown field"),
    "cell": ({"cells": {"../etc": ["1", "2", "3"]}}, "is not a cell"),
    "outcome": ({"probes": {"cache/p": {"sha256": "a", "did": [["fine", "", "", []]]}}}, "fine"),
    "stretch": (
        {"probes": {"cache/p": {"sha256": "a", "did": [["hit", "warm", "", ["0.1.0-cp38"]]]}}},
        "'0.1.0-cp38' is no stretch",
    ),
    "backwards": (
        {"probes": {"cache/p": {"sha256": "a", "did": [
            ["hit", "warm", "", [f"{CELLS[2]}..{CELLS[0]}"]]]}}},
        "is no stretch",
    ),
    "overlap": (
        {"probes": {"cache/p": {"sha256": "a", "did": [
            ["hit", "warm", "", [".."]], ["hit", "warm", "", [CELLS[0]]]]}}},
        "cache/p: two results are given for one cell",
    ),
    "value": (
        {"probes": {"cache/p": {"sha256": "a", "did": [["wrong", "cold", "", [".."], "{"]]}}},
        "not a reference",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_reference_that_is_none_is_refused_in_one_message(name: str, tmp_path: Path) -> None:
    changed, says = BROKEN[name]
    path = tmp_path / "reference.json"
    whole = msgspec.to_builtins(of(cells_of(records.hit())))
    path.write_text(in_lines(whole | changed), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read(path)
    assert says in str(refused.value)
    assert f"{path}: not a reference" in str(refused.value)
    assert "nox -s reference" in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "<<<<<<< ours", "\0", '{"schema":1}'])
def test_text_that_is_no_reference_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="not a reference"):
        read(path)


def test_no_reference_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "reference.json") is None


def test_the_committed_one_is_small_a_line_per_probe_and_knows_no_machine() -> None:
    raw = REFERENCE.read_bytes()
    found = read(REFERENCE)
    assert found is not None
    assert written(found).encode() == raw
    assert len(raw) < 300_000
    lines = raw.decode().splitlines()
    assert len(lines) < 40 + len(found.probes) + len(found.cells) + len(found.absent) + 60
    document = json.loads(raw)
    assert set(document) == set(Reference.__struct_fields__)
    assert not any(name in raw.decode() for name in ("wall_s", '"cpu', "/home", "/root", "/usr"))


def test_the_committed_one_is_of_every_cell_that_was_there_then(tmp_path: Path) -> None:
    project = read_project(tmp_path)
    assert project.reference is not None
    known = select(["all"], project.catalogue(project.all_pythons)).runnable
    here = {cell.id for cell in known}
    named = {*project.reference.cells, *project.reference.absent}
    assert named <= here
    # A release that came later may not be in it yet; of those that are, no cell is left out.
    releases = {cell.partition("-cp")[0] for cell in named}
    assert {cell.id for cell in known if cell.release in releases} == named
    assert len(project.reference.cells) >= 149
    absent = {cell.rpartition("-")[2] for cell in project.reference.absent}
    assert absent == {"cp314", "cp315"}
    did = project.reference.results()
    assert all(set(cells) == set(project.reference.cells) for cells in did.values())


def test_what_is_said_of_the_reference_has_no_evidence_in_it() -> None:
    reference = of(cells_of(records.crashed()), absent=("0.60.0-cp314",))
    told = {record.cell: record for record in reference.records()}
    assert told["0.60.0-cp314"].status is CellStatus.NO_INTERPRETER
    assert "CPython 3.14" in told["0.60.0-cp314"].reason
    assert all(not record.probes for record in told.values())


def test_keys_and_values_that_look_like_layout_stay_what_they_are() -> None:
    odd = {'a":': {'b": c\n': '":x'}, "e": {}}
    assert json.loads(in_lines(odd)) == odd
    assert file.SCHEMA == 1
