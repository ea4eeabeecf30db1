"""What a patch changes, square by square: better, worse, other, or nothing."""

from __future__ import annotations

import pytest

from matrix.judge.judge import judge
from matrix.judge.patches import Change, changed, effects, tally
from matrix.model.outcome import GOOD, HARM, Outcome, Result, result_of
from matrix.model.record import ProbeRecord
from tests.unit import records as make

OLD, NEW = "0.57.0-cp311", "0.60.0-cp312"


def result(record: ProbeRecord) -> Result:
    return result_of(record)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (make.crashed(), make.hit(), Change.BETTER),
        (make.hit(), make.crashed(), Change.WORSE),
        (make.hit(), make.recompiled(), Change.WORSE),
        (make.crashed(), make.unbuildable(), Change.BETTER),
        (make.crashed(), make.crashed(signal="SIGABRT"), Change.OTHER),
        (make.hit(), make.hit(), Change.UNCHANGED),
        (make.hit(value=1), make.hit(value=2), Change.OTHER),
    ],
)
def test_less_harm_is_better_and_more_is_worse(
    before: ProbeRecord, after: ProbeRecord, change: Change
) -> None:
    assert changed(result(before), result(after)) is change


def test_of_every_outcome_it_is_known_how_bad_it_is() -> None:
    assert set(HARM) == set(Outcome)
    assert {outcome for outcome in Outcome if HARM[outcome] == 0} == set(GOOD)


def test_a_wrong_value_is_worse_than_a_crash() -> None:
    wrong = make.probe("cache/p", make.phase("interpreted"), make.cold(value=1), make.warm())
    assert changed(result(make.crashed()), result(wrong)) is Change.WORSE


def test_cells_in_which_a_patch_made_the_same_difference_are_told_of_together() -> None:
    crashed, hit = result(make.crashed()), result(make.hit())
    found = effects(
        {
            "cache/p": {OLD: crashed, NEW: crashed},
            "cache/p@mine": {OLD: hit, NEW: hit},
            "cache/q": {OLD: hit},
            "cache/q@mine": {OLD: crashed, NEW: crashed},
        }
    )
    assert [(e.probe, e.change, e.cells) for e in found] == [
        ("cache/q@mine", Change.WORSE, (OLD,)),
        ("cache/p@mine", Change.BETTER, (OLD, NEW)),
    ]
    served = ("0.57.0", "0.57.1", "0.60.0")
    assert found[1].line(served) == (
        "better: cache/p@mine: crashed in warm (SIGSEGV) -> hit, 0.57.0 .. 0.60.0 (2 of 3)"
    )
    assert tally(found) == "worse 1, better 2"


def test_a_patch_that_changes_nothing_says_so() -> None:
    hit = result(make.hit())
    found = effects({"cache/p": {OLD: hit, NEW: hit}, "cache/p@empty": {OLD: hit, NEW: hit}})
    assert tally(found) == "nothing changed in 2 squares"


def test_where_nothing_was_compared_nothing_is_said_to_be_unchanged() -> None:
    assert tally([]).endswith("nothing is known")


def test_nothing_is_claimed_of_what_runs_under_somebodys_patch() -> None:
    cell = make.cell(OLD, make.hit(), make.crashed("cache/p@mine"))
    verdict = judge([cell], ["cache/p", "cache/p@mine"], None, "exec")
    assert [judgement.probe for judgement in verdict.judgements] == ["cache/p"]
    assert verdict.holds


def test_a_patch_that_raises_ends_the_run_of_its_probe_and_of_no_other() -> None:
    raised = make.failing("patch", "raised", exception="ImportError")
    patched = make.probe("cache/p@mine", make.phase("interpreted"), raised)
    assert patched.unfinished() == ""
    assert str(result(patched)) == "raised in patch (ImportError)"
    assert make.probe("cache/p", make.phase("interpreted"), raised).unfinished()


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (Result(Outcome.CRASHED, "warm"), Result(Outcome.RAISED, "cold"), Change.WORSE),
        (Result(Outcome.RAISED, "cold"), Result(Outcome.CRASHED, "warm"), Change.BETTER),
        (Result(Outcome.CRASHED, "warm"), Result(Outcome.RAISED, "warm"), Change.BETTER),
        (Result(Outcome.CRASHED, "cold"), Result(Outcome.RAISED, "cold"), Change.BETTER),
        (Result(Outcome.WRONG, "cold"), Result(Outcome.RAISED, "cold"), Change.BETTER),
        (Result(Outcome.HIT, "warm"), Result(Outcome.RAISED, "patch"), Change.WORSE),
    ],
)
def test_what_fails_in_the_first_process_is_worse_than_what_fails_later(
    before: Result, after: Result, change: Change
) -> None:
    assert changed(before, after) is change
