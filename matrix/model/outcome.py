"""From the phases of a probe to the one word for it. Pure: stored phases can be judged again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from .record import Phase, ProbeRecord
from .text import brief, cut

# Interpreted and compiled arithmetic may round differently; nothing a probe shows is this close.
RELATIVE_TOLERANCE = 1e-9


class Outcome(StrEnum):
    """What a probe did in a cell."""

    HIT = "hit"
    RECOMPILED = "recompiled"
    UNCACHEABLE = "uncacheable"
    WORKS = "works"
    NOTICED = "noticed"
    KEPT = "kept"
    STALE = "stale"
    SOUND = "sound"
    POISONED = "poisoned"
    WRONG = "wrong"
    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


# What does well: everything loaded, works without Numba, right after a change or in every order.
GOOD = (Outcome.HIT, Outcome.WORKS, Outcome.NOTICED, Outcome.KEPT, Outcome.SOUND)
# The higher, the worse for who runs the program. A wrong value is worse than any crash.
HARM = {
    Outcome.HIT: 0,
    Outcome.WORKS: 0,
    Outcome.KEPT: 0,
    Outcome.NOTICED: 0,
    Outcome.SOUND: 0,
    Outcome.RECOMPILED: 1,
    Outcome.UNCACHEABLE: 1,
    Outcome.RAISED: 2,
    Outcome.CRASHED: 3,
    Outcome.TIMED_OUT: 3,
    Outcome.STALE: 4,
    Outcome.POISONED: 4,
    Outcome.WRONG: 4,
}


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
    carrier = CARRIERS[record.carrier]
    for phase in record.phases:
        if (failure := _failure(record.phases, phase, carrier)) is not None:
            return failure
    return carrier.result(record.phases)


def truth_of(record: ProbeRecord, phase: Phase) -> Phase:
    """Return the phase whose value this one is to give."""
    return CARRIERS[record.carrier].truth(record.phases, phase) or phase


def _failure(phases: Sequence[Phase], phase: Phase, carrier: Carrier) -> Result | None:
    if phase.status == "timed_out":
        return Result(Outcome.TIMED_OUT, phase.name)
    if phase.status == "crashed":
        detail = phase.signal or (f"exit {phase.exit}" if phase.exit else "no answer")
        return Result(Outcome.CRASHED, phase.name, detail)
    if phase.status == "raised":
        return Result(Outcome.RAISED, phase.name, phase.exception or "")
    truth = carrier.truth(phases, phase)
    if truth is not None and not same_value(phase.value, truth.value):
        return Result(carrier.wrong(phases, phase), phase.name, value=phase.value)
    return None


def _interpreted(phases: Sequence[Phase], phase: Phase) -> Phase | None:
    return None if phase.name == "build" else phases[0]


def _before_or_after(phases: Sequence[Phase], phase: Phase) -> Phase | None:
    """Return the truth before a change, which is what a run begins with, or after it."""
    if phase.name in ("interpreted", "cold"):
        return phases[0]
    return None if phase.name in ("change", "truth") else _named(phases, "truth")


def _wrong(*_: object) -> Outcome:
    return Outcome.WRONG


def _wrong_or_stale(phases: Sequence[Phase], phase: Phase) -> Outcome:
    """Return `stale` where the value after a change is the right one of before it."""
    before = phase.name == "cold" or not same_value(phase.value, phases[0].value)
    return Outcome.WRONG if before else Outcome.STALE


def _named(phases: Sequence[Phase], name: str) -> Phase:
    return next(phase for phase in phases if phase.name == name)


def _works(phases: Sequence[Phase]) -> Result:
    return Result(Outcome.WORKS, "load", value=phases[-1].value)


def _cached(phases: Sequence[Phase]) -> Result:
    return _loaded(phases, Outcome.HIT, None)


def _changed(phases: Sequence[Phase]) -> Result:
    return _loaded(phases, Outcome.KEPT, Outcome.NOTICED)


def _loaded(phases: Sequence[Phase], at_once: Outcome, late: Outcome | None) -> Result:
    """Return what came of a cache: loaded by the next process, by the one after it, or never."""
    cold, warm = _named(phases, "cold"), _named(phases, "warm")
    if warm.is_clean_hit:
        return Result(at_once, "warm", value=warm.value)
    if not any(file.name.endswith(".nbc") for file in cold.files_after):
        return Result(Outcome.UNCACHEABLE, "cold", value=warm.value)
    if not (warm.hits or warm.loads or warm.misses or warm.compiled):
        # Compilation was turned off, or its decorator taken away.
        return Result(Outcome.UNCACHEABLE, "warm", "nothing compiled", warm.value)
    if not _named(phases, "again").is_clean_hit:
        return Result(Outcome.RECOMPILED, "warm", "never", warm.value)
    if late:
        return Result(late, "warm", value=warm.value)
    return Result(Outcome.RECOMPILED, "warm", "late", warm.value)


class Raced(msgspec.Struct, frozen=True):
    """What all orders of a race came to: how many there are by word, and the shortest of the worst.

    `who` did that, one of the two that raced or one that came `when` they had ended. It is not
    `whole` where the time was over before every order had been tried.
    """

    word: Outcome
    orders: dict[str, int]
    order: str = ""
    who: str = ""
    when: str = ""
    detail: str = ""
    message: str = ""
    value: Any = None
    whole: bool = True

    def __str__(self) -> str:
        """Read as `other() later gave 2, in 1 of 8 orders: run reads f index; ...`."""
        if self.word is Outcome.SOUND:
            return f"every value was right, in each of {sum(self.orders.values())} orders"
        why = f" ({cut(self.message.splitlines()[0])})" if self.message.strip() else ""
        did = (self.detail and f"ended by {self.detail}{why}") or f"gave {brief(self.value)}"
        some = f"{self.orders[self.word]} of {sum(self.orders.values())} orders"
        some += "" if self.whole else " (of more, for which there was no time: --timeout)"
        who = f"{self.who}() later" if self.when == "later" else f"{self.who}()"
        return f"{who} {did}, in {some}" + (f": {self.order}" if self.order else "")


def raced(phase: Phase) -> Raced:
    """Return what a race came to; raises ValidationError for what no runner writes."""
    return msgspec.convert(phase.value, Raced)


def _raced(phases: Sequence[Phase]) -> Result:
    found = raced(phases[-1])
    detail = found.order if found.word is Outcome.POISONED else found.detail
    return Result(found.word, "race", detail, found.value)


def _no_truth(_: Sequence[Phase], __: Phase) -> None:
    return None


class Carrier(msgspec.Struct, frozen=True):
    """How the phases of what a carrier carries come to one word.

    `truth` returns the phase whose value another one is to give, or None where that gives none;
    `wrong` what to call another value; `result` what a run came to in which nothing failed.
    """

    truth: Callable[[Sequence[Phase], Phase], Phase | None]
    result: Callable[[Sequence[Phase]], Result]
    wrong: Callable[[Sequence[Phase], Phase], Outcome] = _wrong


CARRIERS = {
    "cache": Carrier(_interpreted, _cached),
    "aot": Carrier(_interpreted, _works),
    "change": Carrier(_before_or_after, _changed, _wrong_or_stale),
    "race": Carrier(_no_truth, _raced),
}
