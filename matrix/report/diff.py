"""What two results say differently: what is better, worse or other, by releases. Pure.

In: two `Side`s, made of a matrix.json or of results. Out: a `Difference`, as text, Markdown or
JSON. Times and versions are never compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..judge.changes import LEGEND, ranges
from ..judge.patches import Change, Effect, between
from ..model.cell import CellStatus
from ..model.files import SCHEMA, UNDECODABLE, read_regular
from ..model.outcome import Result
from ..model.record import DEEPEST, too_deep
from ..model.text import brief, counted, markdown
from .pages import MatrixReport, ProbeReport

FILE = "matrix.json"
# Of a folder that somebody names: a report, or the state that holds one.
WITHIN = (FILE, f"report/{FILE}")


class Side(msgspec.Struct, frozen=True):
    """One of two results: the status of each cell, and what each probe did in each of them."""

    name: str
    platform: str
    cells: dict[str, CellStatus]
    did: dict[str, dict[str, Result]]


class Changed(msgspec.Struct, frozen=True):
    """What a probe did on the one side and on the other, in the same way in all these cells."""

    change: Change
    probe: str
    releases: str
    before: str
    after: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        """Read as `worse cache/p: 0.57.0 - 0.60.0: hit -> crashed in warm (SIGSEGV)`."""
        return f"{self.change} {self.probe}: {self.releases}: {self.before} -> {self.after}"


class Apart(msgspec.Struct, frozen=True):
    """What only one side knows: a whole cell, or with `probe` what that one did in these cells."""

    only: str
    probe: str
    releases: str
    cells: tuple[str, ...]
    why: str = ""

    def __str__(self) -> str:
        """Read as `only in B: cache/p: 0.57.0 - 0.60.0`."""
        why = f" ({self.why})" if self.why else ""
        return f"only in {self.only}: {self.probe or 'cells'}: {self.releases}{why}"


class Difference(msgspec.Struct, frozen=True):
    """All of it. `same` and what is in `changed` are the squares that both sides know."""

    a: str
    b: str
    platforms: tuple[str, str]
    changed: tuple[Changed, ...]
    apart: tuple[Apart, ...]
    same: int

    @property
    def is_none(self) -> bool:
        """Whether both sides know the same squares, and the same of them."""
        return not self.changed and not self.apart

    def lines(self) -> Iterator[str]:
        """Yield what is different, the worst first, then what one side alone knows, and a sum."""
        if len(set(self.platforms)) > 1:
            yield f"A is of {self.platforms[0]}, B of {self.platforms[1]}"
        yield from map(str, (*self.changed, *self.apart))
        stretches = [*(one.releases for one in self.changed), *(one.releases for one in self.apart)]
        if any(" .. " in stretch for stretch in stretches):
            yield LEGEND
        yield self.sum

    @property
    def sum(self) -> str:
        """How many squares are what, in a line."""
        squares = {
            change: sum(len(one.cells) for one in self.changed if one.change is change)
            for change in (Change.WORSE, Change.OTHER, Change.BETTER)
        }
        told = [f"{number} {change}" for change, number in squares.items() if number]
        told += [f"{counted(self.same, 'square')} the same"]
        for side in "AB":
            number = sum(len(one.cells) for one in self.apart if one.only == side and one.probe)
            told += [f"{number} only in {side}"] if number else []
        return ("no difference: " if self.is_none else "") + ", ".join(told)

    def markdown(self) -> str:
        """Return it for a pull request."""
        told = "".join(f"- {markdown(line)}\n" for line in [*self.lines()][:-1])
        names = f"A: {markdown(self.a)}, B: {markdown(self.b)}"
        return f"# {markdown(self.sum)}\n\n{names}\n" + (f"\n{told}" if told else "")


def load(path: Path) -> MatrixReport:
    """Read a matrix.json, or the one in a folder; raises BadInput when there is none."""
    if path.is_dir():
        path = next((path / name for name in WITHIN if (path / name).exists()), path / FILE)
    if not path.exists():
        raise BadInput(f"{path}: there is no such file; `nox -s report` writes one")
    try:
        found = msgspec.json.decode(read_regular(path), type=MatrixReport)
    except UNDECODABLE as error:
        raise BadInput(f"{path}: not a matrix.json that this suite writes: {error}") from error
    if found.schema != SCHEMA:
        raise BadInput(f"{path}: its schema is {found.schema}, not {SCHEMA}")
    for cell in found.cells:
        for probe in cell.probes:
            if any(too_deep(phase.value) for phase in probe.phases):
                where = f"{path}: {cell.id}, {probe.id}"
                raise BadInput(f"{where}: a value is nested more than {DEEPEST} deep")
    return found


def side(name: str, report: MatrixReport) -> Side:
    """Return what a matrix.json says."""
    did: dict[str, dict[str, Result]] = {}
    for cell in report.cells:
        for probe in cell.probes:
            did.setdefault(probe.id, {})[cell.id] = _result(probe)
    return Side(name, report.platform, {cell.id: cell.status for cell in report.cells}, did)


def difference(a: Side, b: Side, releases: Sequence[str]) -> Difference:
    """Return what is different. `releases` could all have been looked at, oldest first."""
    effects = [
        effect
        for probe in a.did.keys() & b.did.keys()
        for effect in between(probe, a.did[probe], b.did[probe])
    ]
    order = list(Change)
    effects.sort(key=lambda effect: (order.index(effect.change), effect.probe, effect.cells))
    changed = [_changed(e, a, b, releases) for e in effects if e.change is not Change.UNCHANGED]
    same = sum(len(effect.cells) for effect in effects if effect.change is Change.UNCHANGED)
    apart = (*_apart("A", a, b, releases), *_apart("B", b, a, releases))
    return Difference(a.name, b.name, (a.platform, b.platform), tuple(changed), apart, same)


def _changed(effect: Effect, a: Side, b: Side, releases: Sequence[str]) -> Changed:
    both = a.did[effect.probe].keys() & b.did[effect.probe].keys()
    before, after = str(effect.before), str(effect.after)
    if before == after:
        before += f", value {brief(effect.before.value)}"
        after += f", value {brief(effect.after.value)}"
    where = ranges(effect.cells, both, releases)
    return Changed(effect.change, effect.probe, where, before, after, effect.cells)


def _apart(name: str, here: Side, there: Side, releases: Sequence[str]) -> Iterator[Apart]:
    """Yield what is known here alone: cells by what became of them there, then probes."""
    cells: dict[str, list[str]] = {}
    for cell, status in here.cells.items():
        ran = there.cells.get(cell)
        if ran is None:
            cells.setdefault("", []).append(cell)
        elif status is CellStatus.RAN and ran is not CellStatus.RAN:
            cells.setdefault(f"{ran} in the other", []).append(cell)
    for why, members in cells.items():
        yield Apart(name, "", ranges(members, here.cells, releases), tuple(members), why)
    for probe, did in sorted(here.did.items()):
        alone = tuple(cell for cell in did if cell not in there.did.get(probe, {}))
        if alone:
            yield Apart(name, probe, ranges(alone, did, releases), alone)


def _result(probe: ProbeReport) -> Result:
    value = next((phase.value for phase in probe.phases if phase.name == probe.phase), None)
    return Result(probe.outcome, probe.phase, probe.detail, value)
