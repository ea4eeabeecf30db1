"""Every outcome has its shape of phases, and what is not a whole run has none."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matrix.model.outcome import Outcome, Raced, Result, result_of, same_value
from matrix.model.record import DataFile, Phase, ProbeRecord
from tests.unit import in_cell, records

evidence = in_cell.load("evidence")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
GROWN = (*records.CACHED, DataFile("p.f-1.py38.2.nbc", 1, "2" * 16))
NOT_CACHED = records.probe(
    "cache/p",
    records.phase("interpreted"),
    records.cold(saves=0, files_after=()),
    records.warm(hits=0, loads=0, misses=1, compiled=1, files_before=(), files_after=()),
    records.warm("again", hits=0, loads=0, misses=1, compiled=1, files_before=(), files_after=()),
)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (records.hit(), "hit"),
        (records.works(), "works"),
        (records.recompiled(), "recompiled in warm (never)"),
        (records.recompiled(late=True), "recompiled in warm (late)"),
        (NOT_CACHED, "uncacheable in cold"),
        (records.crashed(), "crashed in warm (SIGSEGV)"),
        (records.unbuildable(), "raised in build (TypingError)"),
    ],
)
def test_a_whole_run_has_one_outcome(record: ProbeRecord, says: str) -> None:
    assert str(result_of(record)) == says


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (
            records.failing("cold", "timed_out", exit=-9, signal="SIGKILL"),
            Result(Outcome.TIMED_OUT, "cold"),
        ),
        (
            records.failing("cold", "crashed", exit=-11, signal="SIGSEGV"),
            Result(Outcome.CRASHED, "cold", "SIGSEGV"),
        ),
        (records.failing("cold", "crashed", exit=3), Result(Outcome.CRASHED, "cold", "exit 3")),
        (records.failing("cold", "crashed", exit=0), Result(Outcome.CRASHED, "cold", "no answer")),
        (
            records.failing("cold", "raised", exception="KeyError"),
            Result(Outcome.RAISED, "cold", "KeyError"),
        ),
    ],
)
def test_a_phase_that_fails_ends_the_run_with_its_outcome(phase: Phase, expected: Result) -> None:
    record = records.probe("cache/p", records.phase("interpreted"), phase)
    assert result_of(record) == expected


def test_another_value_is_wrong_whatever_the_next_process_gives() -> None:
    assert result_of(records.wrong(56)) == Result(Outcome.WRONG, "cold", value=56)


def test_a_built_module_that_gives_another_value_is_wrong() -> None:
    phases = (records.phase("interpreted"), records.phase("build"), records.phase("load", value=1))
    assert result_of(records.probe("aot/p", *phases)) == Result(Outcome.WRONG, "load", value=1)


def test_what_building_answers_is_no_value() -> None:
    assert result_of(records.works()).outcome is Outcome.WORKS


def test_a_probe_may_die_as_late_as_in_the_third_process() -> None:
    phases = (*records.recompiled().phases[:3], records.failing("again", "crashed", exit=1))
    assert str(result_of(records.probe("cache/p", *phases))) == "crashed in again (exit 1)"


@pytest.mark.parametrize(
    "record",
    [
        records.probe("cache/p"),
        records.probe("cache/p", records.phase("interpreted")),
        records.probe("cache/p", records.phase("interpreted"), records.cold()),
        records.probe("cache/p", *records.recompiled().phases[:3]),
        records.probe("cache/p", *NOT_CACHED.phases[:3]),
        records.probe("cache/p", *records.hit().phases, records.warm("again")),
        records.probe("cache/p", records.cold(), records.warm()),
        records.probe("cache/p", *records.works().phases),
        records.probe("aot/p", *records.works().phases[:2]),
        records.probe("aot/p", *records.hit().phases),
    ],
    ids=lambda record: "-".join(phase.name for phase in record.phases) or "empty",
)
def test_a_record_that_is_not_a_whole_run_is_refused(record: ProbeRecord) -> None:
    with pytest.raises(ValueError, match=r"/p: "):
        result_of(record)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"hits": 0, "loads": 0},
        {"misses": 1},
        {"saves": 1},
        {"compiled": 1},
        {"files_after": GROWN},
        {"files_after": ()},
    ],
)
def test_a_hit_is_spoiled_by_any_sign_of_work(spoiled: dict[str, Any]) -> None:
    assert records.warm().is_clean_hit
    assert not records.warm(**spoiled).is_clean_hit


def test_a_load_that_no_counter_counts_is_a_hit_all_the_same() -> None:
    assert records.warm(hits=0, loads=1).is_clean_hit


@given(JSON)
def test_every_value_is_the_same_as_itself(value: Any) -> None:
    assert same_value(value, value)


@given(JSON, JSON)
def test_which_of_two_values_comes_first_does_not_matter(one: Any, other: Any) -> None:
    assert same_value(one, other) == same_value(other, one)


# What a number may be and still be the same, or no longer.
NEAR = (1, 1.0, -1, 1 + 1e-12, 1 + 9.9e-10, 1 + 1.1e-9, 1 + 1e-6)


def nearly(value: Any) -> st.SearchStrategy[Any]:
    """Return this value, or what is little else: another number or type here, an end gone there."""
    if isinstance(value, list):
        items = st.tuples(*map(nearly, value)).map(list)
        return st.just(value) | items | items.map(lambda found: found[:-1])
    if isinstance(value, dict):
        least = dict(list(value.items())[1:])
        return st.fixed_dictionaries({key: nearly(v) for key, v in value.items()}) | st.just(least)
    found = [value, str(value), [value], bool(value)]
    if isinstance(value, int | float):
        with contextlib.suppress(OverflowError):  # an integer beyond every float
            found += [value * by for by in NEAR]
    return st.sampled_from(found)


@given(st.tuples(JSON, JSON) | JSON.flatmap(lambda value: st.tuples(st.just(value), nearly(value))))
@example((10**400, 1.5))
@example((2**40, 2**40 + 1))
@example((1, True))
@example((1.0, 1 + 9.9e-10))
@example((1.0, 1 + 1.1e-9))
def test_what_runs_in_a_cell_takes_for_the_same_what_the_driver_does(pair: tuple[Any, Any]) -> None:
    assert evidence.same(*pair) == same_value(*pair)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.00000001, False),
        (3, 3.0, True),
        (2**63, 2**63 + 1, False),
        pytest.param(10**400, 1e300, False, id="beyond-floats"),
        (True, 1, False),
        (False, None, False),
        ("1", 1, False),
        ([1, 2], [1, 2, 3], False),
        ([1, [2.0]], [1, [2.0 + 1e-15]], True),
        ({"float": "nan"}, {"float": "nan"}, True),
        ({"float": "nan"}, {"float": "inf"}, False),
        ({"a": 1}, {"b": 1}, False),
        ([], {}, False),
    ],
)
def test_values_are_compared_as_numbers_and_otherwise_exactly(
    one: Any, other: Any, *, same: bool
) -> None:
    assert same_value(one, other) is same


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (records.change(), "kept"),
        (records.change(**records.MISSED), "noticed"),
        (records.change(value=records.BEFORE), "stale in warm"),
        (records.change(value=records.BEFORE, **records.MISSED), "stale in warm"),
        (records.change(value=57), "wrong in warm"),
        (records.change(value=records.BEFORE, truth="same"), "kept"),
        (records.change(value=records.BEFORE, truth="same", **records.MISSED), "noticed"),
    ],
)
def test_a_change_is_noticed_or_not_by_what_the_next_process_says(
    record: ProbeRecord, says: str
) -> None:
    assert str(result_of(record)) == says


def test_before_a_change_the_truth_is_the_one_of_before() -> None:
    early = records.change()
    phases = [records.cold(value=56) if p.name == "cold" else p for p in early.phases]
    assert str(result_of(records.probe("change/p", *phases))) == "wrong in cold"
    # Where plain Python knows nothing of the change, a run begins with the first that compiles.
    assert str(result_of(records.probe("change/p", *phases[1:]))) == "kept"
    with pytest.raises(ValueError, match="not a whole run"):
        result_of(records.probe("cache/p", *records.hit().phases[1:]))


def test_what_is_never_loaded_after_a_change_is_not_noticed() -> None:
    phases = records.change(**records.MISSED).phases
    again = records.warm("again", value=56, **records.MISSED)
    never = records.probe("change/p", *phases[:-1], again)
    assert str(result_of(never)) == "recompiled in warm (never)"


def test_where_a_run_begins_with_a_process_that_compiles_a_patch_can_be_in_its_place() -> None:
    raised = records.failing("patch", "raised", exception="KeyError")
    whole = records.probe("change/p@mine", raised)
    assert str(result_of(whole)) == "raised in patch (KeyError)"
    for other in ("cache/p@mine", "change/p"):
        assert records.probe(other, raised).unfinished()


def test_where_the_next_process_compiles_nothing_nothing_is_recompiled() -> None:
    silent, again = (
        records.phase(name, files_before=records.CACHED, files_after=records.CACHED)
        for name in ("warm", "again")
    )
    seen = records.probe("cache/p", records.phase("interpreted"), records.cold(), silent, again)
    assert str(result_of(seen)) == "uncacheable in warm (nothing compiled)"


def test_what_the_gate_refuses_is_told() -> None:
    message = "not held at the gate: subprocess.Popen"
    told = Raced(Outcome.RAISED, {"raised": 1}, who="run", detail="NotHeld", message=message)
    assert str(told) == f"run() ended by NotHeld ({message}), in 1 of 1 orders"
