"""The article's conclusions as ratios: where they hold, where they fail, and where nobody knows."""

from __future__ import annotations

import msgspec
import pytest

from matrix.experiments.overhead.ratios import CLAIMS, Judged, Standing, judge
from matrix.experiments.overhead.samples import Measurement, Program, RunKind
from tests.unit.overhead_records import Vary, measurement, only

HOLDS, UNCLEAR, FAILS = Standing


def judged(found: Measurement) -> dict[tuple[str, Program], Judged]:
    return {(j.id, j.program): j for j in judge(found)}


def standings(found: Measurement) -> dict[Standing, set[str]]:
    made = judge(found)
    return {standing: {j.id for j in made if j.standing is standing} for standing in Standing}


def test_every_conclusion_of_the_article_holds_for_its_own_figures() -> None:
    assert standings(measurement()) == {HOLDS: {c.id for c in CLAIMS}, UNCLEAR: set(), FAILS: set()}


def test_every_claim_is_judged_for_every_program_it_is_about() -> None:
    programs = {claim.id: set[Program]() for claim in CLAIMS}
    for id_, program in judged(measurement()):
        programs[id_].add(program)
    recursive = {Program.LAZY_RECURSIVE, Program.EAGER_RECURSIVE}
    assert programs.pop("recursion") == recursive
    assert all(about == set(Program) for about in programs.values())


@pytest.mark.parametrize(
    ("claim", "vary"),
    [
        ("compiling-dominates", only("f1 definition", 100, program="lazy_plain", run="cold")),
        ("compiling-dominates", only("f2 first call", 1e4, program="eager_plain", run="cold")),
        ("first-compile", only("f2 first call", 4, program="lazy_plain", run="cold")),
        ("first-compile", only("f1 definition", 4, program="eager_recursive", run="cold")),
        ("first-load", only("f0 first call", 0.05, program="lazy_plain", run="warm")),
        ("later-loads", only("f1 first call", 1 / 3, program="lazy_plain", run="cold")),
        ("second-call", only("f0 second call", 500, program="lazy_recursive", run="warm")),
        ("recursion", only("f2 first call", 1.3, program="lazy_recursive", run="warm")),
        ("recursion", only("f2 definition", 0.7, program="eager_recursive", run="warm")),
    ],
)
def test_a_ratio_beyond_every_repetition_fails_its_claim(claim: str, vary: Vary) -> None:
    assert standings(measurement(vary=vary))[FAILS] == {claim}


def test_a_recursive_function_may_take_long_to_call_again() -> None:
    slow = only("f2 second call", 50, program="lazy_recursive", run="warm")
    assert standings(measurement(vary=slow))[HOLDS] == {claim.id for claim in CLAIMS}


def test_what_fails_says_its_figures_and_what_was_claimed() -> None:
    fast = only("f1 first call", 1 / 3, program="lazy_plain", run="cold")
    said = judged(measurement(vary=fast))["later-loads", Program.LAZY_PLAIN]
    assert str(said) == "18.9x (18.9x to 18.9x in 5 repetitions), claimed: at least 20x"


def test_a_median_that_falls_short_in_some_repetitions_only_is_unclear() -> None:
    def sometimes(program: Program, run: RunKind, step: str, repetition: int) -> float:
        one = (program, run, step) == (Program.LAZY_PLAIN, RunKind.COLD, "f1 first call")
        return 0.25 if one and repetition > 2 else 1.0

    assert standings(measurement(vary=sometimes))[UNCLEAR] == {"later-loads"}


def test_a_median_that_holds_is_not_undone_by_one_bad_repetition() -> None:
    def once(program: Program, run: RunKind, step: str, repetition: int) -> float:
        one = (program, run, step) == (Program.LAZY_PLAIN, RunKind.WARM, "f2 first call")
        return 40.0 if one and repetition == 4 else 1.0

    assert judged(measurement(vary=once))["later-loads", Program.LAZY_PLAIN].standing is HOLDS


@pytest.mark.parametrize("repeat", [1, 2])
def test_fewer_than_three_repetitions_never_fail_a_claim(repeat: int) -> None:
    fast = only("f1 first call", 1 / 3, program="lazy_plain", run="cold")
    assert standings(measurement(repeat=repeat, vary=fast))[UNCLEAR] == {"later-loads"}


def test_a_spread_that_holds_everything_does_not_prove_recursion_free() -> None:
    def wild(program: Program, run: RunKind, step: str, repetition: int) -> float:
        one = (program, run, step) == (Program.LAZY_RECURSIVE, RunKind.WARM, "f2 first call")
        return (0.5, 2.0, 1.0, 0.6, 1.9)[repetition - 1] if one else 1.0

    assert standings(measurement(vary=wild))[UNCLEAR] == {"recursion"}


def test_a_call_too_short_for_the_clock_counts_as_one_tick() -> None:
    def instant(_program: Program, _run: RunKind, step: str, _repetition: int) -> float:
        return 0.0 if step.endswith("second call") else 1.0

    ratio = judged(measurement(vary=instant))["second-call", Program.EAGER_PLAIN].ratio
    assert 1e4 < ratio < 1e5


def test_repetitions_are_paired_by_their_number_not_by_their_place() -> None:
    made = measurement()
    cold = [sample for sample in made.samples if sample.run is RunKind.COLD]
    warm = [sample for sample in made.samples if sample.run is RunKind.WARM]
    shuffled = msgspec.structs.replace(made, samples=(*cold, *reversed(warm)))
    assert judge(shuffled) == judge(made)


def test_a_process_that_is_slower_throughout_says_nothing_about_recursion() -> None:
    def slower(program: Program, run: RunKind, _step: str, _repetition: int) -> float:
        return 1.6 if (program, run) == (Program.LAZY_RECURSIVE, RunKind.WARM) else 1.0

    assert "recursion" in standings(measurement(vary=slower))[HOLDS]
