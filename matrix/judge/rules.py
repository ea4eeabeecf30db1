"""What must hold of every probe in every cell, whatever is claimed of it. Pure.

The symbol rule: as soon as a recursion's cycle has two specialisations, Numba calls through a
symbol named `.numba.unresolved$...` that only the compiling process patches. So such a symbol is in
the code of a probe, as LLVM leaves it, exactly when its warm process crashes, or when its module
cannot be built or loaded.

The key rule: after a change the next process loads what was cached before exactly when all that it
asks for is in the index files: the stamp of the source, and for each specialisation a key of its
signature and target and, in later releases, digests of code and closure. What is in none of these
is not noticed.

Isolation: forking the phases changes nothing; a probe does the same `exec`'d and forked.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..model.outcome import Outcome, Result, result_of, same_value
from ..model.record import CellRecord, Phase, ProbeRecord
from ..model.text import brief

ISOLATION = "isolation"


class Rule(msgspec.Struct, frozen=True):
    """A rule by name. `holds` returns None of what it says nothing of; `says` what was seen."""

    name: str
    holds: Callable[[ProbeRecord, Result], bool | None]
    says: Callable[[ProbeRecord, Result], str]


def symbol_rule(record: ProbeRecord, result: Result) -> bool | None:
    """Whether the rule holds for what a probe did; None where it says nothing.

    It says nothing of a probe whose code was never run to the end in the process that compiled it.
    """
    phases = {phase.name: phase for phase in record.phases}
    if record.carrier == "aot":
        compiling = phases.get("build")
        failed = result.phase in ("build", "load") and result.outcome is not Outcome.WORKS
    else:
        compiling = phases.get("cold")
        if compiling is None or compiling.status != "answered" or "warm" not in phases:
            return None
        failed = phases["warm"].status == "crashed"
    if compiling is None:
        return None
    return left_open(compiling) == failed


def left_open(phase: Phase) -> bool:
    """Whether the code compiled in this phase calls through a symbol that it leaves open.

    LLVM leaves out a call that is never reached, symbol and all. That can be told where all that
    was compiled or loaded are specialisations, whose optimised code was looked at; of anything else
    (a ufunc, a callback, a built module) it is only known that the symbol was put in.
    """
    seen = [s.unresolved for d in phase.dispatchers for s in d.specialisations]
    whole = 0 < phase.compiled + phase.loads <= len(seen)
    return any(seen) or (not whole and bool(phase.unresolved))


def symbol_seen(record: ProbeRecord, result: Result) -> str:
    """Return what was seen of the symbol beside what the probe did."""
    name = "build" if record.carrier == "aot" else "cold"
    compiling = next(phase for phase in record.phases if phase.name == name)
    symbol = "an unresolved symbol" if left_open(compiling) else "no unresolved symbol"
    return f"{symbol} in {name}, and {result}"


def key_rule(record: ProbeRecord, result: Result) -> bool | None:
    """Whether the rule holds; None where no readable index file was asked, or the process died."""
    missing = _missing(record)
    died = result.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT)
    if missing is None or "unreadable" in missing or died:
        return None
    loads = result.phase == "warm" and result.outcome in LOADED
    compiles = result.outcome in (Outcome.NOTICED, Outcome.RECOMPILED, Outcome.UNCACHEABLE)
    return compiles if missing else loads


# Whatever else is wrong with it: the value comes out of a cache.
LOADED = (Outcome.KEPT, Outcome.STALE, Outcome.WRONG)


def key_seen(record: ProbeRecord, result: Result) -> str:
    """Return what the index files had not beside what the next process did."""
    lacking = ", ".join(sorted(_missing(record) or ()))
    found = f"lacks the {lacking} that" if lacking else "has all that"
    return f"the index {found} warm asked for, and {result}"


def _missing(record: ProbeRecord) -> set[str] | None:
    """Return what was not in the index files; None where none was asked."""
    warm = next((phase for phase in record.phases if phase.name == "warm"), None)
    if warm is None or not warm.asked:
        return None
    return {part for asked in warm.asked for part in asked.missing}


SYMBOL = Rule("unresolved-symbol", symbol_rule, symbol_seen)
KEY = Rule("index-key", key_rule, key_seen)
# Which one is judged of what.
RULES = {"cache": SYMBOL, "aot": SYMBOL, "change": KEY}


def both_ways(record: CellRecord, probe: str) -> tuple[ProbeRecord, ProbeRecord] | None:
    """Return what is stored of a probe as `exec` and as `fork`, or None when one is missing."""
    stored = {p.isolation: p for p in record.probes if p.id == probe}
    return (stored["exec"], stored["fork"]) if len(stored) > 1 else None


def differences(execed: ProbeRecord, forked: ProbeRecord) -> list[str]:
    """Return what is not the same in both, in words; nothing when all is.

    Outcomes, phases, details, values, hits and misses are compared; times never are.
    """
    one, other = result_of(execed), result_of(forked)
    found = []
    if (one.outcome, one.phase, one.detail) != (other.outcome, other.phase, other.detail):
        found.append(f"exec'd: {one}; forked: {other}")
    for a, b in zip(execed.phases, forked.phases, strict=False):
        if a.name == b.name and counted(a) != counted(b):
            found.append(f"{a.name}: {counted(a)} exec'd, {counted(b)} forked")
        if a.name == b.name and not same_value(a.value, b.value):
            found.append(f"{a.name}: value {brief(a.value)} exec'd, {brief(b.value)} forked")
    return found


def counted(phase: Phase) -> str:
    """Return the counters of a phase in words."""
    return f"{phase.hits} hits, {phase.misses} misses, {phase.compiled} compiled"
