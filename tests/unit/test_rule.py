"""The rules: a symbol left open where the next process breaks, a key that says what is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.judge.rules import key_rule, key_seen, left_open, symbol_rule
from matrix.model.outcome import Outcome, result_of
from matrix.model.record import Asked, Dispatcher, ProbeRecord, Specialisation
from tests.unit import records as make

DIES = Expectation(Outcome.CRASHED, phase="warm", detail="SIGSEGV")


def judged(record: ProbeRecord, expectation: Expectation) -> list[bool]:
    claim = Claim(Kind.PROMISE, "because", (expectation,))
    verdict = judge([make.cell("0.57.0-cp311", record)], [record.id], {record.id: claim}, "exec")
    return [judgement.holds for judgement in verdict.judgements if judgement.kind == "rule"]


def test_it_holds_for_a_hit_without_a_symbol_and_for_a_crash_with_one() -> None:
    for record in (make.hit(), make.crashed(), make.works()):
        assert symbol_rule(record, result_of(record)) is True


def test_it_fails_for_a_crash_without_a_symbol() -> None:
    died = make.failing("warm", "crashed", signal="SIGSEGV", exit=-11)
    record = make.probe("cache/p", make.phase("interpreted"), make.cold(), died)
    assert symbol_rule(record, result_of(record)) is False
    assert judged(record, DIES) == [False]


def test_it_fails_for_a_hit_with_a_symbol_in_a_dispatchers_ir() -> None:
    left_open = Dispatcher("f", (Specialisation("int64", unresolved=True),))
    cold = make.cold(dispatchers=(left_open,))
    record = make.probe("cache/p", make.phase("interpreted"), cold, make.warm())
    assert symbol_rule(record, result_of(record)) is False


def test_a_symbol_that_is_gone_from_all_the_code_is_not_left_open() -> None:
    seen = Dispatcher("f", (Specialisation("int64", unresolved=False),))
    put_in: dict[str, Any] = {"dispatchers": (seen,), "unresolved": ("_ZN1p1fEx",)}
    for counted, is_open in (
        ({"compiled": 1}, False),
        ({"compiled": 2}, True),  # and what it left in the other one, nobody has looked at
        ({"compiled": 1, "loads": 1}, True),
        ({"compiled": 0}, True),
    ):
        assert left_open(make.cold(**put_in, **counted)) is is_open, counted
    record = make.probe(
        "cache/p", make.phase("interpreted"), make.cold(**put_in, compiled=1), make.warm()
    )
    assert symbol_rule(record, result_of(record)) is True


def test_a_build_that_fails_without_a_symbol_needs_an_excuse() -> None:
    record = make.unbuildable()
    fails = Expectation(Outcome.RAISED, phase="build", detail="TypingError")
    assert judged(record, fails) == [False]
    excused = Expectation(Outcome.RAISED, phase="build", against_rule="nothing was compiled")
    assert judged(record, excused) == [True]


def test_an_excuse_where_the_rule_holds_fails() -> None:
    excused = Expectation(Outcome.CRASHED, phase="warm", against_rule="not needed")
    assert judged(make.crashed(), excused) == [False]


def test_it_says_nothing_of_code_that_never_ran_to_its_end() -> None:
    raised = make.failing("cold", "raised", exception="TypingError")
    record = make.probe("cache/p", make.phase("interpreted"), raised)
    assert symbol_rule(record, result_of(record)) is None


def asked(*missing: str, **what: Any) -> ProbeRecord:
    """Return a change probe whose next process asked its index for what has these other parts."""
    return make.change(asked=(Asked("p.f-1.py38.nbi", missing),), **what)


@pytest.mark.parametrize(
    ("record", "holds"),
    [
        (asked(), True),
        (asked(value=make.BEFORE), True),
        (asked("stamp", **make.MISSED), True),
        (asked("code", "closure", **make.MISSED), True),
        (asked(**make.MISSED), False),
        (asked("stamp"), False),
        (asked("stamp", value=make.BEFORE), False),
        (asked("unreadable"), None),
        (make.change(), None),
    ],
)
def test_what_the_index_has_decides_whether_a_change_is_noticed(
    record: ProbeRecord, *, holds: bool | None
) -> None:
    assert key_rule(record, result_of(record)) is holds


def test_what_the_index_had_is_said_in_words() -> None:
    for record, says in (
        (asked(), "the index has all that warm asked for, and kept"),
        (
            asked("stamp", **make.MISSED),
            "the index lacks the stamp that warm asked for, and noticed",
        ),
    ):
        assert key_seen(record, result_of(record)) == says


def test_of_a_process_that_died_nobody_knows_whether_it_had_loaded() -> None:
    died = make.failing("warm", "crashed", signal="SIGSEGV", asked=asked().phases[4].asked)
    record = make.probe("change/p", *asked().phases[:4], died)
    assert key_rule(record, result_of(record)) is None


def test_data_that_cannot_be_loaded_although_its_key_is_there_needs_an_excuse() -> None:
    record = asked()
    raised = make.failing("warm", "raised", exception="EOFError", asked=record.phases[4].asked)
    damaged = make.probe("change/p", *record.phases[:4], raised)
    fails = Expectation(Outcome.RAISED, phase="warm")
    assert judged(damaged, fails) == [False]
    excused = Expectation(Outcome.RAISED, phase="warm", against_rule="the data is damaged")
    assert judged(damaged, excused) == [True]
