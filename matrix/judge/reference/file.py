"""The reference: what every probe did in every cell of one platform, as it is committed. Pure.

In: squares, or `reference.json`. Out: that file's text, a line per probe, or a `Reference`. It says
nothing of times, of a machine, or of how a process failed beyond its exception or signal.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...errors import BadInput
from ...model.cell import CellStatus, parse_cell
from ...model.files import UNDECODABLE, read_regular
from ...model.outcome import Outcome, Result
from ...model.record import CellRecord
from ...select.releases import Platform
from ..judge import alike
from .squares import Squares, Versions, told_value, value_text

SCHEMA = 1
OPEN_END = ".."  # of a stretch of cells: `A..B`, or `A..` to the last cell there is
DIGITS = 16  # of the SHA-256 of a probe, of a lock, and of each part of the runner


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a probe did in these stretches of cells.

    `value` is "" where it is what plain Python gives, or where there is none; else it is JSON, or a
    digest.
    """

    outcome: Outcome
    phase: str
    detail: str
    cells: tuple[str, ...]
    value: str = ""


class Program(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A probe as it was then, by the first digits of its SHA-256, and what it did."""

    sha256: str
    did: tuple[Kept, ...]

    def is_of(self, sha256: str) -> bool:
        """Whether a probe with this SHA-256 is the one that was seen."""
        return sha256.startswith(self.sha256)


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. `runner` and `locks` are digests of what it was seen with.

    Those of the runner are two: of what every probe has a part of, and of what only races run.
    `cells` ran, in order of release and Python; `absent` did not, and why.
    """

    schema: int
    platform: Platform
    runner: str
    locks: dict[str, str]
    cells: dict[str, Versions]
    absent: dict[str, CellStatus]
    probes: dict[str, Program]

    def results(self) -> dict[str, dict[str, Result]]:
        """Return what each probe did in each cell, by probe and cell.

        A value is None where it is what plain Python gives. Raises ValueError for a stretch of
        cells that are not there.
        """
        order = tuple(self.cells)
        return {probe: _results(program, order) for probe, program in self.probes.items()}

    def records(self) -> tuple[CellRecord, ...]:
        """Return its cells as records without observations, those that did not run among them."""
        found = [
            CellRecord(
                cell, "", parse_cell(cell).release, CellStatus.RAN, self.platform,
                numpy=held.numpy, llvmlite=held.llvmlite, llvm=held.llvm,
            )
            for cell, held in self.cells.items()
        ]  # fmt: skip
        found += [
            CellRecord(
                cell, "", parse_cell(cell).release, status, self.platform,
                reason=f"there was no CPython {parse_cell(cell).python} where this was made",
            )
            for cell, status in self.absent.items()
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda record: parse_cell(record.cell).key))


def _results(program: Program, order: Sequence[str]) -> dict[str, Result]:
    did = {
        cell: Result(kept.outcome, kept.phase, kept.detail, told_value(kept.value))
        for kept in program.did
        for cell in expanded(kept.cells, order)
    }
    return {cell: did[cell] for cell in order if cell in did}


def made(
    seen: Squares,
    absent: Collection[str],
    *,
    probes: Mapping[str, str],
    runner: str,
    locks: Mapping[str, str],
    platform: Platform,
) -> Reference:
    """Return the reference that these squares make.

    `absent` cells have no interpreter. `probes`: the SHA-256 of each, by id. Each has to be in
    each cell, or KeyError is raised.
    """
    order = tuple(sorted(seen.cells, key=lambda cell: parse_cell(cell).key))
    programs = {}
    for probe, sha256 in sorted(probes.items()):
        groups = alike([(cell, seen.did[cell][probe]) for cell in order])
        did = [_kept(group.result, stretches(group.cells, order)) for group in groups]
        did.sort(key=lambda kept: order.index(next(iter(expanded(kept.cells, order)))))
        programs[probe] = Program(sha256[:DIGITS], tuple(did))
    lacking = sorted(absent, key=lambda cell: parse_cell(cell).key)
    releases = dict.fromkeys(parse_cell(cell).release for cell in order)
    return Reference(
        schema=SCHEMA,
        platform=platform,
        runner=short(runner),
        locks={release: locks[release][:DIGITS] for release in releases},
        cells={cell: seen.cells[cell] for cell in order},
        absent=dict.fromkeys(lacking, CellStatus.NO_INTERPRETER),
        probes=programs,
    )


def short(runner: str) -> str:
    """Return what names a runner here: the first digits of each of its digests."""
    return " ".join(digest[:DIGITS] for digest in runner.split())


def _kept(result: Result, cells: tuple[str, ...]) -> Kept:
    text = "" if result.value is None else value_text(result.value)
    return Kept(result.outcome, result.phase, result.detail, cells, text)


def stretches(cells: Collection[str], order: Sequence[str]) -> tuple[str, ...]:
    """Return the runs of neighbours among `cells`, in `order`: `A`, `A..B`, `A..` to the end.

    So a new release changes the lines of those probes that do something else on it.
    """
    runs: list[list[int]] = []
    for number in (n for n, cell in enumerate(order) if cell in cells):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return tuple(
        f"{order[first] if first else ''}{OPEN_END}"
        if last == len(order) - 1
        else order[first]
        if first == last
        else f"{order[first]}{OPEN_END}{order[last]}"
        for first, last in runs
    )


def expanded(told: Iterable[str], order: Sequence[str]) -> Iterator[str]:
    """Yield the cells in stretches; raises ValueError for one that is not in `order`."""
    place = _places(tuple(order))
    for stretch in told:
        first, to, last = stretch.partition(OPEN_END)
        ends = (first or order[0], (last or order[-1]) if to else first)
        if not place.keys() >= set(ends) or place[ends[0]] > place[ends[1]]:
            raise ValueError(f"{stretch!r} is no stretch of its cells")
        yield from order[place[ends[0]] : place[ends[1]] + 1]


@functools.cache
def _places(order: tuple[str, ...]) -> dict[str, int]:
    return {cell: number for number, cell in enumerate(order)}


def written(reference: Reference) -> str:
    """Return the text of `reference.json`: the same for the same results, a line per probe."""
    return in_lines(msgspec.to_builtins(reference))


def in_lines(document: Mapping[str, Any]) -> str:
    """Return JSON with a line per member of each object in it, so that a change is seen."""
    parts = []
    for name, value in document.items():
        told = _line(value)
        if isinstance(value, dict) and value:
            lines = (f"  {_line(key)}: {_line(item)}" for key, item in value.items())
            told = "{\n" + ",\n".join(lines) + "\n }"
        parts.append(f" {_line(name)}: {told}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()


def read(path: Path) -> Reference | None:
    """Read `reference.json`, None where there is none; raises BadInput when it is not one."""
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(read_regular(path), type=Reference)
        _check(found)
    except (*UNDECODABLE, ValueError, BadInput, IndexError) as error:
        raise BadInput(
            f"{path}: not a reference: {error}; get the committed one back, or remove it and have"
            " `nox -s reference` make another"
        ) from error
    return found


def _check(found: Reference) -> None:
    if found.schema != SCHEMA:
        raise ValueError(f"its schema is {found.schema}, not {SCHEMA}")
    for cell in (*found.cells, *found.absent):
        parse_cell(cell)
    order = tuple(found.cells)
    for probe, program in found.probes.items():
        told = [cell for kept in program.did for cell in expanded(kept.cells, order)]
        if len(told) != len(set(told)):
            raise ValueError(f"{probe}: two results are given for one cell")
        for kept in program.did:
            told_value(kept.value)
