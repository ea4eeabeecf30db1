"""What two results say differently: what is better, worse or other, by releases. Pure.

In: two `Side`s, made of a matrix.json or of results. Out: a `Difference`, as text, Markdown or
JSON. Times and versions are never compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..judge.changes import LEGEND, ranges
from ..judge.patches import Change, Effect, between, worst_first
from ..judge.reference.file import Reference
from ..judge.reference.squares import settled
from ..model.cell import CellStatus
from ..model.files import UNDECODABLE, read_regular
from ..model.outcome import Result
from ..model.record import Phase, ProbeRecord
from ..model.text import brief, counted, listed, markdown
from .evidence.filed import SCHEMA, MatrixReport, ProbeReport
from .evidence.first import FirstReport

# The status of each cell, and what each probe did, by probe and cell.
Known = tuple[Mapping[str, CellStatus], Mapping[str, Mapping[str, Result]]]
LISTED = 3  # probes by name that one side alone knows
FILE = "matrix.json"
# Of a folder that somebody names: a report, or the state that holds one.
WITHIN = (FILE, f"report/{FILE}")


class Values(IntEnum):
    """What a side knows of values; two are compared by the less."""

    NONE = 0
    WRONG = 1  # a value only where it is not the one of plain Python
    ALL = 2


class Numbered(msgspec.Struct, frozen=True):
    """As much of a matrix.json as it takes to know how to read the rest."""

    schema: int


class Side(msgspec.Struct, frozen=True):
    """One of two results: the status of each cell, and what each probe did in each of them.

    `did` is by what it knows of values, then by probe and cell; `programs` are the digests of the
    probes, where they are known.
    """

    name: str
    platform: str
    cells: dict[str, CellStatus]
    did: dict[Values, dict[str, dict[str, Result]]]
    programs: dict[str, str] = {}

    def within(self, cells: Collection[str], probes: Collection[str]) -> Side:
        """Return what it says of these cells and probes alone."""
        did: dict[Values, dict[str, dict[str, Result]]] = {kind: {} for kind in self.did}
        for kind, known in self.did.items():
            for probe in known.keys() & set(probes):
                seen = {cell: known[probe][cell] for cell in known[probe] if cell in cells}
                did[kind] |= {probe: seen} if seen else {}
        there = {cell: status for cell, status in self.cells.items() if cell in cells}
        return msgspec.structs.replace(self, cells=there, did=did)


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
    """All of it. `same` and what is in `changed` are the squares that both sides know.

    Of a probe in `edited` the two are of different programs, so they are not compared; `only` says
    what of both was looked at, where that is not all.
    """

    a: str
    b: str
    platforms: tuple[str, str]
    changed: tuple[Changed, ...]
    apart: tuple[Apart, ...]
    same: int
    values: Values = Values.ALL
    edited: tuple[str, ...] = ()
    only: str = ""

    @property
    def is_none(self) -> bool:
        """Whether both sides know the same squares, and the same of them."""
        return not (self.changed or self.apart or self.edited)

    def lines(self) -> Iterator[str]:
        """Yield what is different, the worst first, then what one side alone knows, and a sum."""
        if self.only:
            yield f"of {self.only} alone"
        if len(set(self.platforms)) > 1:
            yield f"A is of {self.platforms[0]}, B of {self.platforms[1]}"
        if self.values is Values.NONE:
            yield "one side has outcomes alone: values were not compared"
        if self.edited:
            told = listed(self.edited, LISTED)
            yield f"not compared, as A and B have different programs of that name: {told}"
        yield from map(str, self.changed)
        yield from self._apart()
        stretches = [*(one.releases for one in self.changed), *(one.releases for one in self.apart)]
        if any(" .. " in stretch for stretch in stretches):
            yield LEGEND
        yield self.sum

    def _apart(self) -> Iterator[str]:
        """Yield what one side alone knows, the probes of the same cells together."""
        grouped: dict[tuple[str, bool, str, str], list[Apart]] = {}
        for one in self.apart:
            grouped.setdefault((one.only, not one.probe, one.releases, one.why), []).append(one)
        for (only, _, releases, _), members in grouped.items():
            if len(members) > LISTED:
                told = f"{len(members)} probes ({members[0].probe} first)"
                yield f"only in {only}: {told}: {releases}"
            else:
                yield from map(str, members)

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
        if self.edited:
            told.append(f"{counted(len(self.edited), 'probe')} not compared")
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
        found = _decoded(path, read_regular(path))
    except UNDECODABLE as error:
        raise BadInput(f"{path}: not a matrix.json that this suite writes: {error}") from error
    if flaw := found.flaw():
        raise BadInput(f"{path}: {flaw}")
    return found


def _decoded(path: Path, held: bytes) -> MatrixReport:
    schema = msgspec.json.decode(held, type=Numbered).schema
    if schema == 1:
        return msgspec.json.decode(held, type=FirstReport).today()
    if schema != SCHEMA:
        raise BadInput(f"{path}: its schema is {schema}, not 1 or {SCHEMA}")
    return msgspec.json.decode(held, type=MatrixReport)


def side(name: str, report: MatrixReport) -> Side:
    """Return what a matrix.json says; one that is of the reference has no values.

    Raises BadInput when a probe in it is not a whole run, or names what is not in it.
    """
    kinds = (Values.NONE,) if report.reference else tuple(Values)
    did: dict[Values, dict[str, dict[str, Result]]] = {kind: {} for kind in kinds}
    for cell in report.cells:
        for probe in cell.probes:
            try:
                phases = report.observed(probe)
                for kind in kinds:
                    did[kind].setdefault(probe.id, {})[cell.id] = _result(probe, phases, kind)
            except ValueError as error:
                raise BadInput(f"{name}: {cell.id}: {error}") from error
    cells = {cell.id: cell.status for cell in report.cells}
    return Side(name, report.platform, cells, did, report.programs)


def side_of(name: str, reference: Reference) -> Side:
    """Return what the reference says."""
    settled = reference.results()
    bare = {p: {c: _bare(result) for c, result in did.items()} for p, did in settled.items()}
    cells = dict.fromkeys(reference.cells, CellStatus.RAN) | reference.absent
    did = {Values.NONE: bare, Values.WRONG: settled}
    programs = {probe: program.sha256 for probe, program in reference.probes.items()}
    return Side(name, reference.platform, cells, did, programs)


def difference(one: Side, other: Side, releases: Sequence[str]) -> Difference:
    """Return what is different. `releases` could all have been looked at, oldest first."""
    values = max(one.did.keys() & other.did.keys())
    a, b = dict(one.did[values]), dict(other.did[values])
    edited = [probe for probe in sorted(a.keys() & b.keys()) if _edited(probe, one, other)]
    for probe in edited:
        del a[probe], b[probe]
    both = [e for probe in a.keys() & b.keys() for e in between(probe, a[probe], b[probe])]
    effects = worst_first(sorted(both, key=lambda effect: effect.cells))
    changed = [_changed(e, releases) for e in effects if e.change is not Change.UNCHANGED]
    same = sum(len(effect.cells) for effect in effects if effect.change is Change.UNCHANGED)
    apart = (
        *_apart("A", (one.cells, a), (other.cells, b), releases),
        *_apart("B", (other.cells, b), (one.cells, a), releases),
    )
    platforms = (one.platform, other.platform)
    return Difference(
        one.name, other.name, platforms, tuple(changed), apart, same, values, tuple(edited)
    )


def _edited(probe: str, one: Side, other: Side) -> bool:
    """Whether two sides are known to mean different programs by a probe's name."""
    there = one.programs.get(probe), other.programs.get(probe)
    return all(there) and len(set(there)) > 1


def _changed(effect: Effect, releases: Sequence[str]) -> Changed:
    before, after = str(effect.before), str(effect.after)
    if before == after:
        before += f", value {brief(effect.before.value)}"
        after += f", value {brief(effect.after.value)}"
    where = ranges(effect.cells, effect.among, releases)
    return Changed(effect.change, effect.probe, where, before, after, effect.cells)


def _apart(name: str, here: Known, there: Known, releases: Sequence[str]) -> Iterator[Apart]:
    """Yield what is known here alone: cells by what became of them there, then probes."""
    cells: dict[str, list[str]] = {}
    for cell, status in here[0].items():
        ran = there[0].get(cell)
        if ran is None:
            cells.setdefault("", []).append(cell)
        elif status is CellStatus.RAN and ran is not CellStatus.RAN:
            cells.setdefault(f"{ran} in the other", []).append(cell)
    for why, members in cells.items():
        yield Apart(name, "", ranges(members, here[0], releases), tuple(members), why)
    for probe, did in sorted(here[1].items()):
        alone = tuple(cell for cell in did if cell not in there[1].get(probe, {}))
        if alone:
            yield Apart(name, probe, ranges(alone, did, releases), alone)


def _result(probe: ProbeReport, phases: tuple[Phase, ...], kind: Values) -> Result:
    value = next((phase.value for phase in phases if phase.name == probe.phase), None)
    found = Result(probe.outcome, probe.phase, probe.detail, value)
    if kind is not Values.WRONG:
        return found if kind is Values.ALL else _bare(found)
    kept = settled(ProbeRecord(probe.id, probe.id.partition("/")[0], "", "", phases))
    return msgspec.structs.replace(found, value=kept.value)


def _bare(result: Result) -> Result:
    return msgspec.structs.replace(result, value=None)
