"""What only a bisection asked for does not make a report of all that is stored any wider."""

from pathlib import Path

import pytest

from matrix.model.cell import CellStatus
from matrix.model.record import CellRecord
from matrix.plan.bisected import asked_for, bisected, note, told, without
from tests.unit import records as make

FIRST, NEXT, ALONE = "0.57.0-cp311", "0.60.0-cp312", "0.61.0-cp312"
P, Q = "cache/p", "aot/p"


def squares(records: list[CellRecord]) -> dict[str, list[str]]:
    return {record.cell: [probe.id for probe in record.probes] for record in records}


@pytest.mark.parametrize(
    ("stored", "aside", "reported"),
    [
        # A cell that has nothing else goes, and so does a probe that no run asked for anywhere.
        ({FIRST: [P], ALONE: [P]}, {ALONE: {P}}, {FIRST: [P]}),
        ({FIRST: [P, Q], NEXT: [P]}, {FIRST: {Q}}, {FIRST: [P], NEXT: [P]}),
        # What fills a square that would be there anyway is told.
        (
            {FIRST: [P, Q], NEXT: [P, Q], ALONE: [Q]},
            {NEXT: {Q}, ALONE: {Q}},
            {FIRST: [P, Q], NEXT: [P, Q]},
        ),
        # Nothing else is known: it is better than no report.
        ({ALONE: [P]}, {ALONE: {P}}, {ALONE: [P]}),
        # The square is not stored (any more), or of another state.
        ({FIRST: [P]}, {FIRST: {Q}, NEXT: {P}}, {FIRST: [P]}),
    ],
)
def test_a_report_is_no_wider_for_what_was_bisected(
    stored: dict[str, list[str]], aside: dict[str, set[str]], reported: dict[str, list[str]]
) -> None:
    made = {P: make.hit(), Q: make.works()}
    records = [make.cell(cell, *(made[probe] for probe in ids)) for cell, ids in stored.items()]
    kept, left = without({cell: frozenset(ids) for cell, ids in aside.items()}, records)
    assert squares(kept) == reported
    gone = {(c, p) for c, ids in stored.items() for p in ids if p not in reported.get(c, ())}
    assert {(cell, probe) for cell, ids in left.items() for probe in ids} == gone


def test_a_cell_that_a_run_asked_for_in_vain_stays() -> None:
    broken = make.not_run(NEXT, CellStatus.BROKEN, "why")
    records = [make.cell(FIRST, make.hit()), broken, make.not_run(ALONE, CellStatus.BROKEN, "why")]
    kept, _ = without({ALONE: frozenset({P})}, records)
    assert [record.cell for record in kept] == [FIRST, NEXT]


def test_a_run_makes_a_square_one_of_its_own(tmp_path: Path) -> None:
    assert bisected(tmp_path) == {}
    for cell in (FIRST, NEXT):
        note(tmp_path, cell, P)
        note(tmp_path, cell, Q)
    asked_for(tmp_path, [FIRST, ALONE], [P, "cache/other"])
    assert bisected(tmp_path) == {FIRST: {Q}, NEXT: {P, Q}}
    asked_for(tmp_path, [NEXT], [P, Q])
    assert bisected(tmp_path) == {FIRST: {Q}}
    (tmp_path / "bisected" / f"{FIRST}.json").write_text('["aot')
    assert bisected(tmp_path) == {}


def test_what_is_left_out_is_said_with_the_command_that_shows_it() -> None:
    assert told({}) == ""
    assert told({ALONE: frozenset({P}), NEXT: frozenset({P})}) == (
        "left out: 2 squares of cache/p, which `nox -s bisect` alone asked for;"
        " `nox -s report -- --probe cache/p` shows them"
    )
    assert told({ALONE: frozenset({P})}).endswith("shows it")
