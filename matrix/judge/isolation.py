"""Whether forking the phases changed anything: a probe must have done the same both ways. Pure.

In: a cell's record that holds a probe with isolation `exec` and with `fork`. Out: a judgement.
"""

from __future__ import annotations

from ..model.outcome import result_of, same_value
from ..model.record import CellRecord, Phase, ProbeRecord
from ..model.text import brief

NAME = "isolation"


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
