"""Spans of releases: where a probe's outcome changed from one release to the next."""

from __future__ import annotations

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from matrix.judge.changes import Span, joined, spans
from matrix.judge.judge import same_result
from matrix.model.cell import parse_cell
from matrix.model.outcome import Outcome, Result

HIT = Result(Outcome.HIT, "warm", value=55)
CRASH = Result(Outcome.CRASHED, "warm", "SIGSEGV")
CELLS = st.dictionaries(
    st.sampled_from([f"0.{n}.0-cp{p}" for n in (9, 48, 57, 60) for p in (38, 39, 311)]),
    st.sampled_from([HIT, CRASH, Result(Outcome.HIT, "warm", value=55.0 + 1e-12)]),
)


def read(*found: Span) -> list[str]:
    return [f"{span.releases}: {span}" for span in found]


def test_releases_that_did_the_same_are_one_span() -> None:
    did = {"0.48.0-cp38": HIT, "0.57.0-cp311": CRASH, "0.9.0-cp38": HIT, "0.60.0-cp312": CRASH}
    assert read(*spans(did, ())) == [
        "0.9.0 - 0.48.0: hit",
        "0.57.0 - 0.60.0: crashed in warm (SIGSEGV)",
    ]


ALL = ("0.48.0", "0.49.0", "0.49.1", "0.50.0")


def test_a_range_is_whole_only_where_everything_in_it_was_looked_at_and_did_the_same() -> None:
    whole = {f"{release}-cp38": HIT for release in ALL}
    assert read(*spans(whole, ALL)) == ["0.48.0 - 0.50.0: hit"]
    without = {cell: did for cell, did in whole.items() if cell != "0.49.1-cp38"}
    assert read(*spans(without, ALL)) == ["0.48.0 .. 0.50.0 (3 of 4): hit"]
    # Looked at is what one of its Pythons ran.
    other = without | {"0.49.1-cp39": HIT}
    assert read(*spans(other, ALL)) == ["0.48.0 - 0.50.0: hit"]
    assert read(*spans(without | {"0.49.1-cp38": CRASH}, ALL)) == [
        "0.48.0 - 0.49.0: hit",
        "0.49.1: crashed in warm (SIGSEGV)",
        "0.50.0: hit",
    ]


def test_neighbours_are_joined_with_what_lies_between_them() -> None:
    whole = spans({"0.48.0-cp38": HIT, "0.49.0-cp38": CRASH, "0.49.1-cp38": CRASH}, ALL)
    assert str(joined(whole)) == "0.48.0 - 0.49.1"
    gaps = spans({"0.48.0-cp38": HIT, "0.49.1-cp38": CRASH, "0.50.0-cp38": HIT}, ALL)
    assert str(joined(gaps)) == "0.48.0 .. 0.50.0 (3 of 4)"
    assert str(joined(gaps[1:])) == "0.49.1 - 0.50.0"


def test_a_candidate_fills_no_gap_and_makes_none() -> None:
    did = {"0.49.1-cp38": HIT, "0.50.0rc1-cp38": HIT, "0.51.0-cp38": HIT}
    assert read(*spans(did, [*ALL, "0.51.0"])) == ["0.49.1 .. 0.51.0 (3 of 4): hit"]
    assert read(*spans(did | {"0.50.0-cp38": HIT}, [*ALL, "0.51.0"])) == ["0.49.1 - 0.51.0: hit"]


def test_what_was_not_looked_at_between_two_that_differ_belongs_to_neither() -> None:
    before, after = spans({"0.48.0-cp38": HIT, "0.50.0-cp38": CRASH}, ALL)
    assert (before.since, before.skipped) == ("0.48.0", ())
    assert after.since == "0.50.0 or earlier, not looked at 0.49.0, 0.49.1"


def test_a_change_that_is_undone_is_two_changes() -> None:
    did = {"0.48.0-cp38": HIT, "0.49.0-cp38": CRASH, "0.50.0-cp38": HIT}
    assert read(*spans(did, ())) == [
        "0.48.0: hit",
        "0.49.0: crashed in warm (SIGSEGV)",
        "0.50.0: hit",
    ]


def test_pythons_of_one_release_that_differ_are_told_apart() -> None:
    did = {"0.57.0-cp38": HIT, "0.57.0-cp39": HIT, "0.57.0-cp311": CRASH, "0.58.0-cp311": CRASH}
    assert read(*spans(did, ())) == [
        "0.57.0: hit [cp38, cp39]; crashed in warm (SIGSEGV) [cp311]",
        "0.58.0: crashed in warm (SIGSEGV)",
    ]


def test_another_value_is_a_change_and_a_rounding_is_none() -> None:
    did = {"0.48.0-cp38": HIT, "0.57.0-cp38": Result(Outcome.HIT, "warm", value=56)}
    assert len(spans(did, ())) == 2
    did["0.57.0-cp38"] = Result(Outcome.HIT, "warm", value=55.00000000000001)
    assert len(spans(did, ())) == 1


@given(CELLS)
def test_every_cell_is_in_one_span_and_spans_are_in_order(cells: dict[str, Result]) -> None:
    found = spans(cells, ())
    releases = sorted({parse_cell(cell).release for cell in cells}, key=Version)
    for span, later in itertools.pairwise(found):
        assert releases.index(span.releases.last) + 1 == releases.index(later.releases.first)
    if releases:
        assert (found[0].releases.first, found[-1].releases.last) == (releases[0], releases[-1])
    for cell, result in cells.items():
        named = parse_cell(cell)
        (span,) = [
            span
            for span in found
            if Version(span.releases.first) <= Version(named.release) <= Version(span.releases.last)
        ]
        shown = [seen for seen, tags in span.results if cell.rpartition("-")[2] in tags]
        seen = shown or [span.results[0][0]]
        assert same_result(seen[0], result)


@given(CELLS, st.randoms(use_true_random=False))
def test_the_order_in_which_cells_ran_does_not_matter(
    cells: dict[str, Result], random: Random
) -> None:
    shuffled = list(cells.items())
    random.shuffle(shuffled)
    assert read(*spans(dict(shuffled), ())) == read(*spans(cells, ()))


@given(CELLS, st.sampled_from([HIT, CRASH]))
def test_a_result_compared_with_itself_is_no_change(
    cells: dict[str, Result], result: Result
) -> None:
    assert len(spans(dict.fromkeys(cells, result), ())) == (1 if cells else 0)
