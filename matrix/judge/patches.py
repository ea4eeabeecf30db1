"""What a patch to Numba changes, square by square, against the same probe without it. Pure.

In: what each probe did in each cell; under a patch it has an id like `cache/self_lazy@my_patch`.
Out: an `Effect` for all cells in which a patch made the same difference, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from ..model.cell import parse_cell
from ..model.outcome import Outcome, Result
from .changes import Stretch
from .judge import same_result


class Change(StrEnum):
    """What a patch does to a square."""

    WORSE = "worse"
    OTHER = "other"
    BETTER = "better"
    UNCHANGED = "unchanged"


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


class Effect(msgspec.Struct, frozen=True):
    """What a probe did without the patch and under it, in these cells."""

    probe: str
    change: Change
    before: Result
    after: Result
    cells: tuple[str, ...]

    def line(self, releases: Sequence[str]) -> str:
        """Read as `better: cache/p@remedy: crashed in warm (SIGSEGV) -> hit, 0.57.0 - 0.60.0`."""
        looked = list(dict.fromkeys(parse_cell(cell).release for cell in self.cells))
        told = f"{self.before} -> {self.after}"
        if str(self.before) == str(self.after) and self.change is not Change.UNCHANGED:
            told += ", of another value"
        return f"{self.change}: {self.probe}: {told}, {Stretch.over(looked, releases)}"


def changed(before: Result, after: Result) -> Change:
    if same_result(before, after):
        return Change.UNCHANGED
    harm = HARM[after.outcome] - HARM[before.outcome]
    return Change.WORSE if harm > 0 else Change.BETTER if harm else Change.OTHER


def effects(by_probe: Mapping[str, Mapping[str, Result]]) -> tuple[Effect, ...]:
    """Return what each patch does to each probe, the worst first."""
    found = [
        effect
        for patched, under in by_probe.items()
        if "@" in patched
        for effect in _of(patched, by_probe.get(patched.partition("@")[0], {}), under)
    ]
    order = list(Change)
    return tuple(sorted(found, key=lambda effect: (order.index(effect.change), effect.probe)))


def _of(patched: str, plain: Mapping[str, Result], under: Mapping[str, Result]) -> Iterator[Effect]:
    grouped: list[Effect] = []
    for cell, after in under.items():
        before = plain.get(cell)
        if before is None:
            continue
        for number, effect in enumerate(grouped):
            if same_result(effect.before, before) and same_result(effect.after, after):
                more = (*effect.cells, cell)
                grouped[number] = msgspec.structs.replace(effect, cells=more)
                break
        else:
            grouped.append(Effect(patched, changed(before, after), before, after, (cell,)))
    yield from grouped


def counted(found: Sequence[Effect]) -> str:
    """Read as `better 22, unchanged 83`, in squares, or `nothing changed in 105 squares`."""
    squares = {
        change: sum(len(effect.cells) for effect in found if effect.change is change)
        for change in Change
    }
    if {change for change, number in squares.items() if number} <= {Change.UNCHANGED}:
        return f"nothing changed in {squares[Change.UNCHANGED]} squares"
    return ", ".join(f"{change} {number}" for change, number in squares.items() if number)
