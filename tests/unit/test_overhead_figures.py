"""Figures from samples: the median, its spread, and when a spread leaves no figure."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.experiments.overhead.figures import (
    LEAST,
    Figure,
    digits,
    figure,
    repeated,
    seconds,
    step_figures,
)
from matrix.experiments.overhead.samples import STEPS, Program, RunKind
from tests.unit.overhead_records import JITTER, measurement, only

TIMES = st.floats(1e-7, 100.0)


def test_a_figure_is_the_median_and_the_distance_between_the_extremes() -> None:
    made = figure([1.0, 1.3, 1.1, 1.2, 5.0])
    assert (made.median, made.spread, made.samples) == (1.2, 4.0, 5)


def test_a_spread_is_never_less_than_a_tenth_however_alike_the_samples_are() -> None:
    made = figure([2.0, 2.0, 2.0])
    assert (made.low, made.high) == (1.8, 2.2)


def test_a_spread_of_half_the_median_leaves_no_figure_and_says_so() -> None:
    assert str(figure([1.0, 1.0, 1.49])) == "1.00 s ±49%"
    assert str(figure([1.0, 1.0, 1.5])) == "unsteady, ±50%"
    assert str(figure([0.5, 1.0, 2.5])) == "unsteady, ±200%"


def test_of_seven_samples_or_more_the_outermost_do_not_count() -> None:
    assert figure([1, 2, 2, 2, 2, 9]).spread == 8
    assert figure([1, 2, 2, 2, 2, 2.5, 9]).spread == 0.5
    assert figure([0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2.5, 9, 9]).spread == 0.5


def test_one_sample_is_shown_as_one_sample() -> None:
    assert str(figure([0.00506])) == "5.06 ms (1 sample)"


def test_a_step_too_short_for_the_clock_is_no_figure() -> None:
    assert not figure([0.0, 0.0, 0.0]).steady


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.752147, "1.75 s"),
        (0.0506, "50.6 ms"),
        (0.00000312, "3.12 µs"),
        (0.0000005, "0.500 µs"),
        (123.4, "123 s"),
    ],
)
def test_times_have_three_digits_that_count(value: float, text: str) -> None:
    assert seconds(value) == text


def test_numbers_have_no_exponent() -> None:
    assert [digits(n) for n in (12345.6, 345.6, 10.0, 0.5)] == ["12346", "346", "10.0", "0.500"]


@given(st.lists(TIMES, min_size=1, max_size=9), st.floats(1e-3, 1e3))
def test_another_clock_changes_no_share_and_order_does_not_matter(
    samples: list[float], factor: float
) -> None:
    made, again = figure(samples), figure([sample * factor for sample in reversed(samples)])
    assert math.isclose(again.share, made.share, rel_tol=1e-9)
    assert made.low <= made.median <= made.high
    assert made.share >= LEAST - 1e-12


def test_every_step_of_every_program_cold_and_warm_has_a_figure() -> None:
    made = step_figures(measurement())
    assert {(f.program, f.run, f.step) for f in made} == {
        (program, run, step) for program in Program for run in RunKind for step in STEPS
    }
    assert {f.samples for f in made} == {5}


def test_the_median_of_the_repetitions_is_what_is_told() -> None:
    made = {(f.program, f.run, f.step): f for f in step_figures(measurement())}
    told = made[Program.LAZY_PLAIN, RunKind.COLD, "f0 first call"]
    assert math.isclose(told.median_s, 1.752147 * sorted(JITTER)[2])


def test_a_measurement_repeats_itself() -> None:
    held, steady = repeated(measurement(), measurement())
    assert held == steady == 4 * 2 * 11


def test_a_step_that_moved_beyond_its_spread_is_counted_out() -> None:
    moved = measurement(vary=only("f1 first call", 1.2, program="lazy_plain"))
    assert repeated(measurement(), moved) == (86, 88)


def test_what_was_unsteady_before_is_not_held_against_the_next_measurement() -> None:
    def wild(program: Program, run: RunKind, step: str, repetition: int) -> float:
        one = (program, run, step) == (Program.LAZY_PLAIN, RunKind.COLD, "import numba")
        return 3.0 if one and repetition == 1 else 1.0

    assert repeated(measurement(vary=wild), measurement()) == (87, 87)


@pytest.mark.parametrize("samples", [5, 7, 10, 20])
def test_medians_lie_within_the_spread_of_another_measurement_nine_times_in_ten(
    samples: int,
) -> None:
    # The rule's own promise, for a machine whose noise is that of the samples alone.
    random = Random(5)  # noqa: S311 (noise, not a secret)

    def measured() -> Figure:
        return figure([random.lognormvariate(0, 0.15) for _ in range(samples)])

    pairs = [(measured(), measured()) for _ in range(400)]
    held = sum(one.low <= other.median <= one.high for one, other in pairs)
    assert held > 0.9 * len(pairs)
