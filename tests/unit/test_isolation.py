"""A probe seen exec'd and forked must have done the same."""

import msgspec

from matrix.judge.judge import judge
from matrix.judge.rules import differences
from matrix.model.record import ProbeRecord
from tests.unit import records as make


def forked(record: ProbeRecord) -> ProbeRecord:
    return msgspec.structs.replace(record, isolation="fork")


def test_the_same_both_ways_has_no_differences() -> None:
    for record in (make.hit(), make.crashed(), make.recompiled(), make.works()):
        assert differences(record, forked(record)) == []


def test_an_outcome_a_value_or_a_counter_that_differs_is_named() -> None:
    assert "crashed in warm" in differences(make.hit(), forked(make.crashed()))[0]
    assert differences(make.hit(value=1), forked(make.hit(value=2)))[0].startswith("interpreted")
    again = make.probe("cache/p", make.phase("interpreted"), make.cold(), make.warm(hits=2))
    assert differences(make.hit(), forked(again)) == [
        "warm: 1 hits, 0 misses, 0 compiled exec'd, 2 hits, 0 misses, 0 compiled forked"
    ]


def test_times_are_never_compared() -> None:
    slow = make.probe(
        "cache/p", *(msgspec.structs.replace(p, wall_s=9.0) for p in make.hit().phases)
    )
    assert differences(make.hit(), forked(slow)) == []


def test_a_difference_and_a_missing_way_fail_the_verdict() -> None:
    alike = make.cell("0.57.0-cp311", make.hit(), forked(make.hit()))
    unlike = make.cell("0.57.0-cp311", make.hit(), forked(make.crashed()))
    missing = make.cell("0.57.0-cp311", make.hit())
    held = [judge([c], ["cache/p"], None, "both").holds for c in (alike, unlike, missing)]
    assert held == [True, False, False]
