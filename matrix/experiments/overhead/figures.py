"""From samples to figures: a median and its spread, and when a spread leaves no figure. Pure.

In: seconds (or ratios) measured several times. Out: a `Figure`. The spread is the distance between
the lowest and the highest sample, and never less than a tenth of the median. It holds what varies
from one round over all cells to the next: measured twice in a row on an otherwise idle machine, 98%
of 1689 medians lay within the spread of the first time. Of seven samples or more the outermost
sixth at either end is left out, so that more samples do not make a figure worse.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from ...model.files import Say
from .samples import STEPS, Measurement, Program, RunKind

# What a machine that others use too drifts by between one hour and the next, whatever five samples
# say.
LEAST = 0.10
# A figure that may as well be half as large again, or half as large, tells no releases apart.
WORTHLESS = 0.50
RULE = (
    "± is the distance between the lowest and the highest sample (of 7 or more: without the"
    f" outermost sixths) in per cent of the median, and at least {LEAST:.0%}; from {WORTHLESS:.0%}"
    " on the figure is worthless, left out of tables and grey in plots"
)
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


class Figure(msgspec.Struct, frozen=True):
    """A median of `samples` measurements, and the spread to either side of it, in its own unit."""

    median: float
    spread: float
    samples: int

    @property
    def low(self) -> float:
        """The lowest that another median is expected to be."""
        return max(0.0, self.median - self.spread)

    @property
    def high(self) -> float:
        """The highest that another median is expected to be."""
        return self.median + self.spread

    @property
    def share(self) -> float:
        """The spread as a share of the median."""
        return self.spread / self.median if self.median else float("inf")

    @property
    def steady(self) -> bool:
        """Whether the figure says anything. One sample has no spread and is shown as what it is."""
        return self.samples == 1 or self.share < WORTHLESS

    def __str__(self) -> str:
        """Read as `5.06 ms ±11%`, `5.06 ms (1 sample)`, or `unsteady, ±130%`."""
        if self.samples == 1:
            return f"{seconds(self.median)} (1 sample)"
        share = f"±{self.share:.0%}"
        return f"{seconds(self.median)} {share}" if self.steady else f"unsteady, {share}"


def figure(samples: Sequence[float]) -> Figure:
    """Return the figure that these samples make; there must be one at least, all above 0."""
    median = statistics.median(samples)
    left_out = (len(samples) - 1) // 6
    kept = sorted(samples)[left_out : len(samples) - left_out]
    return Figure(median, max(kept[-1] - kept[0], LEAST * median), len(samples))


def seconds(value: float) -> str:
    """Return a time with three digits that count, in the unit that suits it: `5.06 ms`."""
    size, unit = unit_of(value)
    return f"{digits(value / size)} {unit}"


def unit_of(value: float) -> tuple[float, str]:
    """Return the unit that suits a time, as seconds and as its sign."""
    return next((unit for unit in UNITS if value >= unit[0]), UNITS[-1])


def digits(value: float) -> str:
    """Return a number with three digits that count and no exponent: 0.123, 5.06, 50.6, 1752."""
    whole = len(str(int(value))) if value >= 1 else 0
    return f"{value:.{max(0, 3 - whole)}f}"


class StepFigure(msgspec.Struct, frozen=True):
    """One step of one program, cold or warm, in seconds. What is not `steady` is worthless."""

    program: Program
    run: RunKind
    step: str
    median_s: float
    spread_s: float
    samples: int
    steady: bool

    @property
    def figure(self) -> Figure:
        """The same without its name."""
        return Figure(self.median_s, self.spread_s, self.samples)


def step_figures(measurement: Measurement) -> tuple[StepFigure, ...]:
    """Return every figure of a cell."""
    found = []
    for program in Program:
        for run in RunKind:
            taken = measurement.steps(program, run)
            for step in STEPS:
                made = figure([steps[step] for steps in taken])
                parts = (made.median, made.spread, made.samples, made.steady)
                found.append(StepFigure(program, run, step, *parts))
    return tuple(found)


def repeated(older: Measurement, newer: Measurement) -> tuple[int, int]:
    """Return how many steady figures of the older one hold the newer median, and how many are."""
    pairs = list(zip(step_figures(older), step_figures(newer), strict=True))
    steady = [(one, other) for one, other in pairs if one.steady and one.samples > 1]
    held = [one for one, other in steady if one.figure.low <= other.median_s <= one.figure.high]
    return len(held), len(steady)


def compare(
    before: Mapping[str, Measurement | None], after: Mapping[str, Measurement], say: Say
) -> None:
    """Say how many of the medians lie within the spread that the last measurement printed."""
    pairs = [(before[cell], newer) for cell, newer in after.items()]
    counts = [repeated(older, newer) for older, newer in pairs if older and older.cpu == newer.cpu]
    held, steady = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
    if steady:
        share = f"{held / steady:.0%}"
        say(f"{held} of {steady} medians ({share}) lie within the spread printed last time")
