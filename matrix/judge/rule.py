"""The rule behind the recursion map, as a claim of its own in every cell. Pure.

As soon as a recursion's cycle has two specialisations, Numba calls through a symbol named
`.numba.unresolved$...` that only the compiling process patches. So: such a symbol is in the code
of a probe exactly when its warm process crashes, or when its module cannot be built or loaded.
"""

from __future__ import annotations

from ..model.outcome import Outcome, Result
from ..model.record import Phase, ProbeRecord

NAME = "unresolved-symbol"


def rule_holds(record: ProbeRecord, result: Result) -> bool | None:
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
    """Whether the code compiled in this phase calls through a symbol that it leaves open."""
    in_ir = any(s.unresolved for d in phase.dispatchers for s in d.specialisations)
    return in_ir or bool(phase.unresolved)


def says(record: ProbeRecord, result: Result) -> str:
    """Return what was seen of the symbol beside what the probe did."""
    name = "build" if record.carrier == "aot" else "cold"
    compiling = next(phase for phase in record.phases if phase.name == name)
    symbol = "an unresolved symbol" if left_open(compiling) else "no unresolved symbol"
    return f"{symbol} in {name}, and {result}"
