"""What does not hold, in as few lines as tell it: cells that did the same are one range. Pure.

In: `Findings`. Out: a `Failure` per claim and per thing that was done instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ...judge.changes import LEGEND, ranges, story
from ...judge.judge import Judgement
from ...model.cell import parse_cell
from ...model.outcome import Result
from ...model.record import NOTHING, CellRecord
from ...model.text import brief, cut
from ..findings import Findings
from .causes import caused


class Failure(msgspec.Struct, frozen=True):
    """A claim that does not hold in these cells, and what was seen there.

    `where` tells the cells by release; `more` is what was claimed and what was seen, line by line.
    """

    id: str
    where: str
    outcome: str
    cells: tuple[str, ...]
    more: tuple[str, ...] = ()
    issue: str = ""

    def __str__(self) -> str:
        """Read as `cache/self_lazy: 0.57.0 - 0.60.0 -> crashed in warm (SIGSEGV)`."""
        return f"{self.id}: {self.where} -> {self.outcome}"


def failures(found: Findings) -> list[Failure]:
    """Return the claims that do not hold, then the probes that are not alike everywhere."""
    broken = (j for judgements in found.failing.values() for j in judgements)
    return [*_grouped(found, broken), *_unlike(found)]


def warnings(found: Findings) -> list[Failure]:
    """Return the claims that release candidates break."""
    return list(_grouped(found, found.early))


def stories(found: Findings, probe: str) -> list[str]:
    """Return since which release a probe does what it does, if it ever did otherwise."""
    spans = found.spans.get(probe, ())
    return [line for line in story(probe, spans) if line != LEGEND] if len(spans) > 1 else []


def missing(records: Sequence[CellRecord], found: Findings) -> Iterator[tuple[str, str]]:
    """Yield the cells that did not run and why, those with one reason together."""
    grouped: dict[str, list[str]] = {}
    for record in records:
        reason = cut(record.reason.splitlines()[-1], 1000) if record.reason else ""
        # No run of this machine's has tried the one of which nothing is stored.
        tried = f"{record.status}, " if record.run or record.reason != NOTHING else ""
        grouped.setdefault(f"{tried}{reason}", []).append(record.cell)
    every = [record.cell for record in found.records]
    for why, cells in grouped.items():
        yield cells[0] if len(cells) == 1 else ranges(cells, every, found.served), why


def _grouped(found: Findings, judgements: Iterable[Judgement]) -> Iterator[Failure]:
    groups: dict[tuple[str, str, str], list[tuple[Judgement, str]]] = {}
    for judgement in judgements:
        outcome, wanted, evidence = _parts(found, judgement)
        groups.setdefault((judgement.id, outcome, wanted), []).append((judgement, evidence))
    for (name, outcome, wanted), members in groups.items():
        first, evidence = members[0]
        cells = tuple(judgement.cell for judgement, _ in members)
        more = [f"claimed: {wanted}"] if wanted else []
        more += [evidence] if evidence else []
        more += caused(found, first.probe, first.cell) if first.id == first.probe else ()
        where = _where(found, first.probe, cells)
        yield Failure(name, where, outcome, cells, tuple(more), first.issue)


def _parts(found: Findings, judgement: Judgement) -> tuple[str, str, str]:
    """Return what a probe did, what is claimed of it and the evidence, as far as known."""
    result = found.by_probe.get(judgement.probe, {}).get(judgement.cell)
    claim = found.claims.get(judgement.probe)
    wanted = str(claim.expectation(parse_cell(judgement.cell))) if claim else ""
    head = f"{result}; claimed: {wanted}" if wanted else str(result)
    if result is None or not judgement.says.startswith(head):
        return cut(judgement.says), "", ""
    return str(result), wanted, judgement.says.removeprefix(head).removeprefix("; ")


def _unlike(found: Findings) -> Iterator[Failure]:
    for unlike in found.verdict.unlike:
        most, *others = unlike.groups
        where = _where(found, unlike.probe, most.cells)
        more = (f"unlike {_valued(most.result)} in {where}, of which the same is claimed",)
        for group in others:
            where = _where(found, unlike.probe, group.cells)
            yield Failure(unlike.probe, where, _valued(group.result), group.cells, more)


def _valued(result: Result) -> str:
    return f"{result}, value {brief(result.value)}" if result.value is not None else str(result)


def _where(found: Findings, probe: str, cells: Sequence[str]) -> str:
    # Cells of which nothing is known are not passed over: they end a range.
    every = [record.cell for record in found.ran] or list(found.by_probe.get(probe, {}))
    return ranges(cells, every, found.served)
