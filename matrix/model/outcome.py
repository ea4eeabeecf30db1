"""From the phases of a probe to the one word for it. Pure: stored phases can be judged again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from .record import Phase, ProbeRecord

# Interpreted and compiled arithmetic may round differently; nothing a probe shows is this close.
RELATIVE_TOLERANCE = 1e-9


class Outcome(StrEnum):
    """What a probe did in a cell."""

    HIT = "hit"
    RECOMPILED = "recompiled"
    UNCACHEABLE = "uncacheable"
    WORKS = "works"
    WRONG = "wrong"
    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


# What does well: everything loaded, or works without Numba.
GOOD = (Outcome.HIT, Outcome.WORKS)


class Result(msgspec.Struct, frozen=True):
    """An outcome, the phase it happened in, and what kind of it (`SIGSEGV`, `TypingError`)."""

    outcome: Outcome
    phase: str
    detail: str = ""
    value: Any = None

    def __str__(self) -> str:
        """Read as `crashed in warm (SIGSEGV)`."""
        detail = f" ({self.detail})" if self.detail else ""
        place = "" if self.outcome in GOOD else f" in {self.phase}"
        return f"{self.outcome}{place}{detail}"


def same_value(one: Any, other: Any) -> bool:  # noqa: ANN401 (whatever JSON holds)
    """Whether two values are equal: floats within 1e-9 relative, everything else exactly."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        if isinstance(one, int) and isinstance(other, int):
            return one == other
        return _close(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(one[k], other[k]) for k in one)
    return type(one) is type(other) and bool(one == other)


def _close(one: float, other: float) -> bool:
    try:
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE)
    except OverflowError:  # an integer beyond every float
        return False


def result_of(record: ProbeRecord) -> Result:
    """Return the outcome of a probe in a cell.

    Raises ValueError when the record is not that of a whole run: it must not pass for a result.
    """
    if why := record.unfinished():
        raise ValueError(f"{record.id}: {why}")
    truth = record.phases[0]
    for phase in record.phases:
        if (failure := _failure(phase, truth)) is not None:
            return failure
    if record.carrier == "aot":
        return Result(Outcome.WORKS, "load", value=record.phases[-1].value)
    return _cached(record.phases)


def _failure(phase: Phase, truth: Phase) -> Result | None:
    if phase.status == "timed_out":
        return Result(Outcome.TIMED_OUT, phase.name)
    if phase.status == "crashed":
        detail = phase.signal or (f"exit {phase.exit}" if phase.exit else "no answer")
        return Result(Outcome.CRASHED, phase.name, detail)
    if phase.status == "raised":
        return Result(Outcome.RAISED, phase.name, phase.exception or "")
    if phase.name != "build" and not same_value(phase.value, truth.value):
        return Result(Outcome.WRONG, phase.name, value=phase.value)
    return None


def _cached(phases: Sequence[Phase]) -> Result:
    cold, warm, *again = phases[1:]
    if warm.is_clean_hit:
        return Result(Outcome.HIT, "warm", value=warm.value)
    if not any(file.name.endswith(".nbc") for file in cold.files_after):
        return Result(Outcome.UNCACHEABLE, "cold", value=warm.value)
    late = again[0].is_clean_hit
    return Result(Outcome.RECOMPILED, "warm", "late" if late else "never", warm.value)
