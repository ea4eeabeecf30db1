"""The article's conclusions as claims on ratios within one repetition, judged per cell. Pure.

In: a `Measurement`. Out: a `Judged` per claim and program. A ratio is of the worst function in it,
so a claim speaks for all of them. Three answers, so that noise never passes for a finding:

- `holds`: the median ratio is what is claimed;
- `fails`: it is not, and neither is it in any repetition, of three at least;
- `unclear`: anything between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from ...model.text import counted
from .figures import Figure, digits, figure
from .samples import FUNCTIONS, PARTS, Measurement, Program, RunKind

# What two readings of the clock can tell apart on every platform; no step counts for less.
TICK_S = 1e-7
ENOUGH = 3
DOMINATES = 10.0
MULTIPLE = 2.0
CHEAP_LOAD = 20.0
FREE_CALL = 100.0

Steps = Mapping[str, float]


class Standing(StrEnum):
    """How a claim stands in a cell."""

    HOLDS = "holds"
    UNCLEAR = "unclear"
    FAILS = "fails"


class Repetition(msgspec.Struct, frozen=True):
    """One program run cold and then warm; `plain`: the warm run of its twin without recursion."""

    program: Program
    cold: Steps
    warm: Steps
    plain: Steps

    def work(self, run: RunKind, function: str) -> float:
        """Return the seconds of compiling (cold) or loading (warm) a function."""
        return self._steps(run)[f"{function} {self.program.working_part}"]

    def rest(self, run: RunKind, function: str) -> float:
        """Return the seconds of everything else that is done with a function."""
        parts = (part for part in PARTS if part != self.program.working_part)
        return sum(self._steps(run)[f"{function} {part}"] for part in parts)

    def _steps(self, run: RunKind) -> Steps:
        return self.cold if run is RunKind.COLD else self.warm

    @property
    def plain_functions(self) -> tuple[str, ...]:
        """The functions that do not call themselves."""
        return FUNCTIONS[:2] if self.program.recursive else FUNCTIONS


class RatioClaim(msgspec.Struct, frozen=True):
    """A ratio claimed to be at least `least`; without `least`, to be 1 within its spread."""

    id: str
    says: str
    ratio: Callable[[Repetition], float]
    least: float | None = None
    only_recursive: bool = False

    @property
    def asks(self) -> str:
        """Say which ratio is claimed."""
        return asks(self.least)


class Judged(msgspec.Struct, frozen=True):
    """One claim about one program in one cell: the ratio by its median and its extremes."""

    id: str
    cell: str
    program: Program
    standing: Standing
    ratio: float
    lowest: float
    highest: float
    samples: int
    least: float | None
    says: str

    def __str__(self) -> str:
        """Read as `15x (12x to 17x in 5 repetitions), claimed: at least 20x`."""
        extremes = f"{digits(self.lowest)}x to {digits(self.highest)}x"
        return (
            f"{digits(self.ratio)}x ({extremes} in {counted(self.samples, 'repetition')}), claimed:"
            f" {asks(self.least)}"
        )


def asks(least: float | None) -> str:
    """Say which ratio is claimed."""
    return "1x within the spread" if least is None else f"at least {least:.0f}x"


def over(one: float, other: float) -> float:
    """Return how many times the one is the other, which counts for a tick of the clock at least."""
    return one / max(other, TICK_S)


def compiling_over_the_rest(r: Repetition) -> float:
    """Return what compiling a function costs in terms of all else done with it."""
    return min(over(r.work(RunKind.COLD, f), r.rest(RunKind.COLD, f)) for f in FUNCTIONS)


def first_compile_over_later(r: Repetition) -> float:
    """Return what a process's first compile costs in terms of its later ones."""
    first, *later = (r.work(RunKind.COLD, f) for f in FUNCTIONS)
    return over(first, max(later))


def first_load_over_later(r: Repetition) -> float:
    """Return what a process's first load from the cache costs in terms of its later ones."""
    first, *later = (r.work(RunKind.WARM, f) for f in FUNCTIONS)
    return over(first, max(later))


def compile_over_load(r: Repetition) -> float:
    """Return what compiling a later function costs in terms of loading it."""
    return min(over(r.work(RunKind.COLD, f), r.work(RunKind.WARM, f)) for f in FUNCTIONS[1:])


def load_over_second_call(r: Repetition) -> float:
    """Return what loading a plain function costs in terms of calling it again."""
    calls = ((f, r.warm[f"{f} second call"]) for f in r.plain_functions)
    return min(over(r.work(RunKind.WARM, f), again) for f, again in calls)


def recursive_over_plain_load(r: Repetition) -> float:
    """Return what loading f2 costs where it calls itself in terms of where it does not.

    Each is counted in loads of f1 just before it: processes differ more than what they load.
    """
    f1, f2 = (f"{function} {r.program.working_part}" for function in FUNCTIONS[1:])
    return over(r.warm[f2], r.warm[f1]) / max(over(r.plain[f2], r.plain[f1]), TICK_S)


CLAIMS = (
    RatioClaim(
        "compiling-dominates",
        "without a cache, compiling a function costs many times all else that is done with it",
        compiling_over_the_rest,
        DOMINATES,
    ),
    RatioClaim(
        "first-compile",
        "the first function that a process compiles costs a multiple of the later ones",
        first_compile_over_later,
        MULTIPLE,
    ),
    RatioClaim(
        "first-load",
        "with a cache, the first function that a process loads costs a multiple of the later ones",
        first_load_over_later,
        MULTIPLE,
    ),
    RatioClaim(
        "later-loads",
        "loading a later function from the cache is much cheaper than compiling it",
        compile_over_load,
        CHEAP_LOAD,
    ),
    RatioClaim(
        "second-call",
        "calling a plain function again costs next to nothing beside loading it",
        load_over_second_call,
        FREE_CALL,
    ),
    RatioClaim(
        "recursion",
        "loading a recursive function from the cache costs what loading a plain one costs",
        recursive_over_plain_load,
        only_recursive=True,
    ),
)


def judge(measurement: Measurement) -> tuple[Judged, ...]:
    """Return how every claim stands in a cell, claim by claim and program by program."""
    return tuple(
        judged(claim, measurement.cell, repetitions(measurement, program))
        for claim in CLAIMS
        for program in Program
        if program.recursive or not claim.only_recursive
    )


def repetitions(measurement: Measurement, program: Program) -> tuple[Repetition, ...]:
    """Return a program's repetitions, each with its twin's of the same number."""
    twin = Program(program.replace("recursive", "plain"))
    cold, warm = (measurement.steps(program, run) for run in RunKind)
    plain = measurement.steps(twin, RunKind.WARM)
    return tuple(Repetition(program, *steps) for steps in zip(cold, warm, plain, strict=True))


def judged(claim: RatioClaim, cell: str, taken: Sequence[Repetition]) -> Judged:
    """Return how a claim stands, given every repetition of one program."""
    ratios = [claim.ratio(repetition) for repetition in taken]
    made = figure(ratios)
    return Judged(
        claim.id,
        cell,
        taken[0].program,
        standing(claim.least, made, ratios),
        made.median,
        min(ratios),
        max(ratios),
        len(ratios),
        claim.least,
        claim.says,
    )


def standing(least: float | None, made: Figure, ratios: Iterable[float]) -> Standing:
    """Return how a claim stands: see the head of this module."""
    if least is None:
        # That 1 lies beyond the spread already says that every repetition is to the same side of 1;
        # a spread that holds everything proves nothing.
        holds = made.steady and made.low <= 1 <= made.high
        clear = made.steady
    else:
        holds = made.median >= least
        clear = all(ratio < least for ratio in ratios)
    if holds:
        return Standing.HOLDS
    return Standing.FAILS if clear and made.samples >= ENOUGH else Standing.UNCLEAR
