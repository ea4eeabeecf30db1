"""What a run and the reference say differently, and what the claims make of the reference. Pure.

In: a `Reference`, records, claims. Out: a `Comparison`, told in one line or a line per difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ...model.cell import CellStatus, parse_cell
from ...model.job import runner_of
from ...model.outcome import Result
from ...model.record import CellRecord, chosen
from ...model.text import counted, listed
from ..claims import Claim
from ..judge import Judgement, Verdict, unlike_in
from ..patches import Change, Effect, between, tally, worst_first
from .file import Reference, short
from .squares import Squares, settled

LISTED = 5


class Comparison(msgspec.Struct, frozen=True):
    """What differs. A probe that is not what it was in the reference (`edited`) is not compared."""

    platform: str
    effects: tuple[Effect, ...]
    compared: int
    edited: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()  # of each square that was seen here and is not in it, the probe
    seen_with: tuple[str, ...] = ()  # what else than today it was seen with

    def line(self) -> str:
        """Read as `2 squares of 471 differ from the reference (worse 2): cache/p first`."""
        differing = [e for e in self.effects if e.change is not Change.UNCHANGED]
        number = sum(len(effect.cells) for effect in differing)
        if not self.compared:
            told = "nothing could be compared with the reference"
        elif not differing:
            squares = counted(self.compared, "square")
            told = f"nothing differs from the reference: {squares} compared"
        else:
            squares = counted(number, "square differs", "squares differ")
            told = f"{squares} from the reference, of {self.compared} compared"
            told += f" ({tally(differing)}): {differing[0].probe} first"
        return "; ".join([told, *self.apart()])

    def lines(self, releases: Sequence[str]) -> list[str]:
        """Return a line per difference, the worst first, and what could not be compared."""
        return [*self.differing(releases), *self.apart()]

    def differing(self, releases: Sequence[str]) -> list[str]:
        """Return a line per difference, the worst first."""
        return [e.line(releases) for e in self.effects if e.change is not Change.UNCHANGED]

    def apart(self) -> Iterator[str]:
        """Yield what was not compared, and why."""
        for names, why in (
            (self.edited, "changed since the reference"),
            (self.missing, "not in the reference"),
        ):
            if names:
                probes = counted(len(names), "probe is", "probes are")
                first = "" if len(names) == 1 else " first"
                yield f"{probes} {why} ({names[0]}{first})"
        if self.beyond:
            cells = counted(len(self.beyond), "cell is", "cells are")
            yield f"{cells} not in the reference ({self.beyond[0]})"
        if self.lacking:
            squares = counted(len(self.lacking), "square is", "squares are")
            first = "" if len(set(self.lacking)) == 1 else " first"
            yield f"{squares} not in the reference ({self.lacking[0]}{first})"
        for what in self.seen_with:
            yield f"the reference is of {what}"


def compared(
    reference: Reference,
    records: Sequence[CellRecord],
    probes: Mapping[str, str],
    isolation: str,
    runner: str,
    locks: Mapping[str, str],
) -> Comparison:
    """Hold what was seen against the reference. `probes`: the SHA-256 of each that was looked at.

    `runner` and `locks`, by release, are the digests of those that it was seen with.

    What runs under a patch that is no part of the reference is left out.
    """
    then = reference.results()
    now: dict[str, dict[str, Result]] = {probe: {} for probe in probes}
    ran = [record for record in records if record.status is CellStatus.RAN]
    for record in ran:
        for probe, kept in chosen(record, isolation).items():
            if probe in now:
                now[probe][record.cell] = settled(kept)
    known = [probe for probe in probes if probe in then]
    same = [p for p in known if reference.probes[p].is_of(probes[p])]
    effects = worst_first(effect for p in same for effect in between(p, then[p], now[p]))
    return Comparison(
        reference.platform,
        tuple(effects),
        sum(len(effect.cells) for effect in effects),
        tuple(probe for probe in known if probe not in same and now[probe]),
        tuple(p for p in probes if p not in then and now[p] and "@" not in p),
        tuple(record.cell for record in ran if record.cell not in reference.cells),
        tuple(p for p in same for c in now[p] if c in reference.cells and c not in then[p]),
        tuple(_seen_with(reference, [p for p in same if now[p]], runner, locks)),
    )


def _seen_with(
    reference: Reference, probes: Sequence[str], runner: str, locks: Mapping[str, str]
) -> Iterator[str]:
    """Yield what the reference has of these probes and releases with another runner or lock."""
    if _run_otherwise(reference, probes, runner):
        yield "another in-cell runner"
    others = [r for r in locks if not locks[r].startswith(reference.locks.get(r, ""))]
    if others:
        yield f"another lock of {listed(others, LISTED)}"


def _run_otherwise(reference: Reference, probes: Iterable[str], runner: str) -> list[str]:
    """Return those probes that this runner runs otherwise than the reference's did."""
    now = short(runner)
    return [p for p in probes if runner_of(p, reference.runner) != runner_of(p, now)]


def lacking(
    reference: Reference,
    cells: Sequence[str],
    probes: Mapping[str, str],
    runner: str,
    locks: Mapping[str, str],
) -> Iterator[str]:
    """Yield what the reference lacks of all there is now, and what it has of what was."""
    then = reference.probes
    named = {
        "probes not in it": [p for p in probes if p not in then],
        "probes changed since": [
            p for p, sha256 in probes.items() if p in then and not then[p].is_of(sha256)
        ],
        "probes in it that are gone": [p for p in then if p not in probes],
        "cells not in it": [c for c in cells if c not in {**reference.cells, **reference.absent}],
        "locks changed since": [
            r for r, digest in reference.locks.items() if not locks.get(r, "").startswith(digest)
        ],
    }
    for what, names in named.items():
        if names:
            yield f"{what}: {listed(names, LISTED)}"
    others = _run_otherwise(reference, then, runner)
    if others:
        yield f"the in-cell runner has changed since, for {listed(others, LISTED)}"


def standing(
    reference: Reference, probes: Mapping[str, str], runner: str, locks: Mapping[str, str]
) -> Squares:
    """Return the squares of it that were seen with the probes, runner and locks of today."""
    then = reference.probes
    same = {p for p, sha256 in probes.items() if p in then and then[p].is_of(sha256)}
    same.difference_update(_run_otherwise(reference, probes, runner))
    cells = {
        cell: versions
        for cell, versions in reference.cells.items()
        if locks.get(release := parse_cell(cell).release, "").startswith(reference.locks[release])
    }
    did: dict[str, dict[str, Result]] = {cell: {} for cell in cells}
    for probe, results in reference.results().items():
        for cell, result in results.items():
            if probe in same and cell in cells:
                did[cell][probe] = result
    return Squares(cells, did)


def judged(reference: Reference, claims: Mapping[str, Claim]) -> Verdict:
    """Hold the claims against the reference: outcomes alone, there is no evidence for more."""
    by_probe = {p: did for p, did in reference.results().items() if p in claims}
    judgements = [
        _judgement(probe, cell, result, claims[probe])
        for probe, did in by_probe.items()
        for cell, result in did.items()
    ]
    by_cell: dict[str, dict[str, Result]] = {}
    for probe, did in by_probe.items():
        for cell, result in did.items():
            by_cell.setdefault(cell, {})[probe] = result
    unlike = [u for probe in by_probe for u in unlike_in(probe, by_cell, claims[probe])]
    ordered = sorted(judgements, key=lambda j: (j.id, parse_cell(j.cell).key))
    return Verdict(tuple(ordered), tuple(unlike))


def _judgement(probe: str, cell: str, result: Result, claim: Claim) -> Judgement:
    wanted = claim.expectation(parse_cell(cell))
    holds = wanted.met_by(result)
    says = str(result) if holds else f"{result}; claimed: {wanted}"
    return Judgement(probe, probe, cell, str(claim.kind), holds, says, claim.issue)
