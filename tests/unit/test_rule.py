"""The rule of the recursion map: a symbol left open exactly where the next process breaks."""

from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.judge.rules import rule_holds
from matrix.model.outcome import Outcome, result_of
from matrix.model.record import Dispatcher, ProbeRecord, Specialisation
from tests.unit import records as make

DIES = Expectation(Outcome.CRASHED, phase="warm", detail="SIGSEGV")


def judged(record: ProbeRecord, expectation: Expectation) -> list[bool]:
    claim = Claim(Kind.PROMISE, "because", (expectation,))
    verdict = judge([make.cell("0.57.0-cp311", record)], [record.id], {record.id: claim}, "exec")
    return [judgement.holds for judgement in verdict.judgements if judgement.kind == "rule"]


def test_it_holds_for_a_hit_without_a_symbol_and_for_a_crash_with_one() -> None:
    for record in (make.hit(), make.crashed(), make.works()):
        assert rule_holds(record, result_of(record)) is True


def test_it_fails_for_a_crash_without_a_symbol() -> None:
    died = make.failing("warm", "crashed", signal="SIGSEGV", exit=-11)
    record = make.probe("cache/p", make.phase("interpreted"), make.cold(), died)
    assert rule_holds(record, result_of(record)) is False
    assert judged(record, DIES) == [False]


def test_it_fails_for_a_hit_with_a_symbol_in_a_dispatchers_ir() -> None:
    left_open = Dispatcher("f", (Specialisation("int64", unresolved=True),))
    cold = make.cold(dispatchers=(left_open,))
    record = make.probe("cache/p", make.phase("interpreted"), cold, make.warm())
    assert rule_holds(record, result_of(record)) is False


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
    assert rule_holds(record, result_of(record)) is None
