"""What a patch to Numba changes, square by square, against the same probe without it. Pure.

In: what each probe did in each cell; under a patch it has an id like `cache/self_lazy@my_patch`.
Out: an `Effect` for all cells in which a patch made the same difference, or none.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from ..model.outcome import HARM, Outcome, Result
from ..model.record import CellRecord, UpstreamResult
from ..model.text import counted
from .changes import ranges
from .judge import same_result


class Change(StrEnum):
    """What a patch does to a square."""

    WORSE = "worse"
    OTHER = "other"
    BETTER = "better"
    UNCHANGED = "unchanged"


class Effect(msgspec.Struct, frozen=True):
    """What a probe did without the patch and under it, in these cells `among` all compared."""

    probe: str
    change: Change
    before: Result
    after: Result
    cells: tuple[str, ...]
    among: tuple[str, ...] = ()

    def line(self, releases: Sequence[str]) -> str:
        """Read as `better: cache/p@remedy: crashed in warm (SIGSEGV) -> hit, 0.57.0 - 0.60.0`."""
        told = f"{self.before} -> {self.after}"
        if str(self.before) == str(self.after) and self.change is not Change.UNCHANGED:
            told += ", of another value"
        where = ranges(self.cells, self.among or self.cells, releases)
        return f"{self.change}: {self.probe}: {told}, {where}"


def changed(before: Result, after: Result) -> Change:
    if same_result(before, after):
        return Change.UNCHANGED
    harm = HARM[after.outcome] - HARM[before.outcome]
    if max(HARM[before.outcome], HARM[after.outcome]) < HARM[Outcome.WRONG]:
        # What fails at once is never of use, and what fails in a later process was.
        harm = (_fails_at_once(after) - _fails_at_once(before)) or harm
    return Change.WORSE if harm > 0 else Change.BETTER if harm else Change.OTHER


def _fails_at_once(result: Result) -> bool:
    failed = HARM[result.outcome] >= HARM[Outcome.RAISED]
    return failed and result.phase in ("patch", "interpreted", "cold")


def against(base: Mapping[str, Result], own: Mapping[str, Result], cell: str) -> tuple[Effect, ...]:
    """Return what each probe does in a `cell` of somebody's own Numba, against that in a base."""
    order = list(Change)
    found = [
        Effect(probe, changed(base[probe], did), base[probe], did, (cell,))
        for probe, did in own.items()
        if probe in base
    ]
    return tuple(sorted(found, key=lambda effect: (order.index(effect.change), effect.probe)))


def effects(by_probe: Mapping[str, Mapping[str, Result]]) -> tuple[Effect, ...]:
    """Return what each patch does to each probe, the worst first."""
    found = [
        effect
        for patched, under in by_probe.items()
        if "@" in patched
        for effect in between(patched, by_probe.get(patched.partition("@")[0], {}), under)
    ]
    return tuple(worst_first(found))


def broken(
    records: Iterable[CellRecord], suites: Container[str]
) -> dict[tuple[str, str], list[str]]:
    """Return the cells in which a patch makes one of these suites do worse, and how."""
    found: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for what in _broken([one for one in record.upstream if one.suite in suites]):
            found.setdefault(what, []).append(record.cell)
    return found


def _broken(results: Sequence[UpstreamResult]) -> Iterator[tuple[str, str]]:
    plain = {result.suite: result for result in results}
    for under in results:
        without = plain.get(under.suite.partition("@")[0], under)
        fails = [name for name in under.failures if name not in without.failures]
        if under.ended and under.ended != without.ended:
            fails.append(under.ended)
        if fails:
            yield under.suite, ", ".join(fails)
        elif under.passed < without.passed:
            yield under.suite, f"{under}, and {without} without it"


def worst_first(found: Iterable[Effect]) -> list[Effect]:
    """Return effects in the order in which they are told; those alike stay as they are."""
    order = list(Change)
    return sorted(found, key=lambda effect: (order.index(effect.change), effect.probe))


def between(
    probe: str, plain: Mapping[str, Result], under: Mapping[str, Result]
) -> Iterator[Effect]:
    """Yield what a probe did before and after, for all cells where both are the same."""
    grouped: list[Effect] = []
    among = tuple(cell for cell in under if cell in plain)
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
            grouped.append(Effect(probe, changed(before, after), before, after, (cell,), among))
    yield from grouped


def tally(found: Sequence[Effect]) -> str:
    """Read as `better 22, unchanged 83`, in squares, or `nothing changed in 105 squares`."""
    if not found:
        return "no square was run both with it and without it, so nothing is known"
    squares = {
        change: sum(len(effect.cells) for effect in found if effect.change is change)
        for change in Change
    }
    if {change for change, number in squares.items() if number} <= {Change.UNCHANGED}:
        return f"nothing changed in {counted(squares[Change.UNCHANGED], 'square')}"
    return ", ".join(f"{change} {number}" for change, number in squares.items() if number)
