"""What claims come to: broken promises, hazards that are gone or changed, cells not alike."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import Judgement, Verdict, alike, judge, results, same_result
from matrix.model.cell import CellStatus
from matrix.model.outcome import Outcome, Result, result_of
from matrix.model.record import CellRecord, ProbeRecord
from tests.unit import records

ISSUE = "https://github.com/numba/numba/issues/6061"
PROMISE = Claim(Kind.PROMISE, "w", (Expectation(Outcome.HIT),))
HAZARD = Claim(
    Kind.HAZARD,
    "w",
    (Expectation(Outcome.CRASHED, phase="warm", detail="SIGSEGV"),),
    ISSUE,
    ("cache/q",),
)
RESULTS = st.builds(
    Result,
    st.sampled_from(Outcome),
    st.sampled_from(["cold", "warm"]),
    st.sampled_from(["", "SIGSEGV"]),
    st.sampled_from([None, 1, 2.0]),
)


# An open symbol that does no harm, and one that makes a module which cannot be imported.
LUCKY = records.probe(
    "cache/p", records.phase("interpreted"), records.cold(unresolved=records.OPEN), records.warm()
)
UNLOADABLE = records.probe(
    "aot/p",
    records.phase("interpreted"),
    records.phase("build", unresolved=records.OPEN),
    records.failing("load", "raised", exception="ImportError"),
)


def ruled(record: ProbeRecord, against_rule: str = "") -> list[Judgement]:
    """Return what is judged of the rule for one probe in one cell."""
    expected = Expectation(result_of(record).outcome, against_rule=against_rule)
    claims = {record.id: Claim(Kind.PROMISE, "w", (expected,))}
    given_ = judge([records.cell("0.57.0-cp311", record)], [record.id], claims, "exec")
    return [judgement for judgement in given_.judgements if judgement.kind == "rule"]


def verdict(claim: Claim | None, *cells: CellRecord) -> Verdict:
    """Judge one probe, cache/p, in `cells`."""
    return judge(cells, ["cache/p"], {"cache/p": claim} if claim else None, "exec")


def claimed(given_: Verdict) -> list[Judgement]:
    """Return the judgements about the claim itself, without those about the rule."""
    return [judgement for judgement in given_.judgements if judgement.kind != "rule"]


def says(claim: Claim | None, record: ProbeRecord) -> str:
    """Return what is said of one probe in one cell where the claim does not hold."""
    given_ = verdict(claim, records.cell("0.57.0-cp311", record))
    (judgement,) = claimed(given_)
    assert not judgement.holds
    assert not given_.holds
    return judgement.says


def test_a_promise_kept_in_every_cell_holds() -> None:
    cells = [records.cell(cell, records.hit()) for cell in ("0.57.0-cp311", "0.48.0-cp38")]
    kept = verdict(PROMISE, *cells)
    assert kept.holds
    assert [j.cell for j in claimed(kept)] == ["0.48.0-cp38", "0.57.0-cp311"]
    assert {j.says for j in claimed(kept)} == {"hit"}


def test_a_broken_promise_names_the_cell_and_what_was_seen_there() -> None:
    broken = verdict(
        PROMISE,
        records.cell("0.48.0-cp38", records.hit()),
        records.cell("0.57.0-cp311", records.crashed()),
    )
    assert not broken.holds
    kept, lost = claimed(broken)
    assert (kept.cell, kept.holds) == ("0.48.0-cp38", True)
    assert (lost.cell, lost.holds) == ("0.57.0-cp311", False)
    assert lost.says == ("crashed in warm (SIGSEGV); claimed: hit; Fatal Python error")


def test_a_recompilation_is_told_with_its_counters() -> None:
    assert says(PROMISE, records.recompiled()) == (
        "recompiled in warm (never); claimed: hit;"
        " 0 hits, 1 misses, 1 compiled, data files unchanged"
    )


def test_a_wrong_value_is_told_beside_the_right_one() -> None:
    assert says(PROMISE, records.wrong(-1)) == (
        "wrong in cold; claimed: hit; value -1 where interpreted gave 55"
    )


def test_an_exception_is_told_with_the_first_line_of_its_message() -> None:
    aot = Claim(Kind.PROMISE, "w", (Expectation(Outcome.WORKS),))
    given_ = judge(
        [records.cell("0.57.0-cp311", records.unbuildable())], ["aot/p"], {"aot/p": aot}, "exec"
    )
    assert given_.judgements[0].says == (
        "raised in build (TypingError); claimed: works; Failed in nopython mode"
    )


def test_a_hazard_that_is_still_there_holds() -> None:
    there = verdict(HAZARD, records.cell("0.57.0-cp311", records.crashed()))
    assert there.holds
    assert there.judgements[0].issue == ISSUE
    assert there.judgements[0].kind == "hazard"


def test_a_hazard_that_is_gone_does_not_hold_and_says_what_to_do() -> None:
    assert "the hazard is gone here, so the claim wants editing" in says(HAZARD, records.hit())


def test_a_hazard_that_changed_its_failure_does_not_hold() -> None:
    said = says(HAZARD, records.crashed(signal="SIGABRT"))
    assert said.startswith("crashed in warm (SIGABRT); claimed: crashed in warm (SIGSEGV)")
    assert "gone" not in said


def test_a_probe_that_did_not_run_in_a_cell_that_did_breaks_its_claim() -> None:
    assert says(PROMISE, records.hit("cache/other")) == "it did not run"


@pytest.mark.parametrize("status", [s for s in CellStatus if s is not CellStatus.RAN])
def test_a_cell_that_did_not_run_is_not_judged(status: CellStatus) -> None:
    nothing = verdict(PROMISE, records.not_run("0.57.0-cp311", status, "why"))
    assert nothing.judgements == ()
    assert results(records.cell("0.57.0-cp311", records.hit(), status=status), "exec") == {}


def test_a_record_that_is_not_a_whole_run_is_never_judged_as_one() -> None:
    cut_off = records.probe("cache/p", records.phase("interpreted"))
    with pytest.raises(ValueError, match="not a whole run"):
        verdict(PROMISE, records.cell("0.57.0-cp311", cut_off))


@pytest.mark.parametrize(
    ("record", "holds"),
    [
        (records.hit(), True),
        (records.recompiled(), False),
        (records.crashed(), False),
        (records.wrong(), False),
    ],
)
def test_without_claims_a_probe_has_to_be_a_hit(record: ProbeRecord, *, holds: bool) -> None:
    assert verdict(None, records.cell("0.57.0-cp311", record)).holds is holds


def test_cells_of_one_expectation_have_to_be_alike() -> None:
    unlike = verdict(
        PROMISE,
        records.cell("0.48.0-cp38", records.hit(value=1)),
        records.cell("0.57.0-cp311", records.hit(value=2)),
        records.cell("0.57.0-cp38", records.hit(value=2)),
    )
    assert all(judgement.holds for judgement in unlike.judgements)
    assert not unlike.holds
    (found,) = unlike.unlike
    assert found.probe == "cache/p"
    assert [(g.result.value, g.cells) for g in found.groups] == [
        (2, ("0.57.0-cp38", "0.57.0-cp311")),
        (1, ("0.48.0-cp38",)),
    ]


def test_cells_of_different_expectations_may_differ() -> None:
    claim = Claim(
        Kind.PROMISE,
        "w",
        (
            Expectation(Outcome.HIT, releases="<0.57"),
            Expectation(Outcome.RECOMPILED, releases=">=0.57"),
        ),
    )
    assert verdict(
        claim,
        records.cell("0.48.0-cp38", records.hit()),
        records.cell("0.57.0-cp311", records.recompiled()),
    ).holds


@pytest.mark.parametrize(
    "seen",
    [
        Result(Outcome.RAISED, "cold", "KeyError", 1),
        Result(Outcome.CRASHED, "warm", "KeyError", 1),
        Result(Outcome.CRASHED, "cold", "SIGSEGV", 1),
        Result(Outcome.CRASHED, "cold", "KeyError", 2),
    ],
)
def test_alike_means_outcome_phase_detail_and_value(seen: Result) -> None:
    other = Result(Outcome.CRASHED, "cold", "KeyError", 1)
    assert same_result(other, other)
    assert not same_result(other, seen)


@given(st.lists(RESULTS, max_size=8), st.randoms(use_true_random=False))
def test_every_cell_is_in_one_group_whatever_the_order(
    seen: Sequence[Result], random: Random
) -> None:
    cells = [(f"0.{n}.0-cp38", result) for n, result in enumerate(seen)]
    shuffled = list(cells)
    random.shuffle(shuffled)

    def grouping(some: list[tuple[str, Result]]) -> set[frozenset[str]]:
        return {frozenset(group.cells) for group in alike(some)}

    assert grouping(cells) == grouping(shuffled)
    assert sorted(cell for group in alike(cells) for cell in group.cells) == sorted(
        cell for cell, _ in cells
    )


def test_records_of_the_isolation_asked_for_come_before_those_of_the_other() -> None:
    both: list[Any] = [records.hit(isolation="fork"), records.recompiled()]
    for probes in (both, both[::-1]):
        record = records.cell("0.57.0-cp311", *probes)
        assert results(record, "fork")["cache/p"].outcome is Outcome.HIT
        assert results(record, "exec")["cache/p"].outcome is Outcome.RECOMPILED
    assert results(records.cell("0.57.0-cp311", both[0]), "exec")["cache/p"].outcome == "hit"


@pytest.mark.parametrize(
    ("record", "says_what"),
    [
        (records.hit(), "no unresolved symbol in cold, and hit"),
        (records.crashed(), "an unresolved symbol in cold, and crashed in warm (SIGSEGV)"),
        (records.works(), "no unresolved symbol in build, and works"),
        (UNLOADABLE, "an unresolved symbol in build, and raised in load (ImportError)"),
    ],
)
def test_the_rule_holds_where_an_open_symbol_and_a_failure_go_together(
    record: ProbeRecord, says_what: str
) -> None:
    (judgement,) = ruled(record)
    assert judgement.holds
    assert judgement.says == says_what
    assert judgement.id == f"{record.id} unresolved-symbol"


@pytest.mark.parametrize("record", [LUCKY, records.unbuildable()])
def test_the_rule_is_broken_where_only_one_of_both_is_there(record: ProbeRecord) -> None:
    (judgement,) = ruled(record)
    assert not judgement.holds
    (judgement,) = ruled(record, against_rule="because")
    assert judgement.holds
    assert judgement.says.endswith("(claimed against the rule: because)")


def test_an_excuse_that_is_needed_no_more_breaks_the_claim() -> None:
    (judgement,) = ruled(records.hit(), against_rule="because")
    assert not judgement.holds


@pytest.mark.parametrize(
    "record",
    [
        records.probe("cache/p", records.failing("interpreted", "crashed")),
        records.probe("cache/p", records.phase("interpreted"), records.failing("cold", "crashed")),
        records.probe("aot/p", records.failing("interpreted", "raised")),
    ],
)
def test_the_rule_says_nothing_of_what_was_never_run_in_two_processes(
    record: ProbeRecord,
) -> None:
    assert ruled(record) == []


def test_what_nobody_ran_breaks_a_claim_only_where_all_was_to_be_run() -> None:
    cells = [records.cell("0.57.0-cp311", records.hit())]
    claims = {"cache/p": PROMISE, "cache/q": PROMISE}
    assert not judge(cells, list(claims), claims, "exec").holds
    given_ = judge(cells, list(claims), claims, "exec", whole=False)
    assert given_.holds
    assert {judgement.probe for judgement in given_.judgements} == {"cache/p"}
