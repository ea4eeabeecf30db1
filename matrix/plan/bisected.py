"""The squares that nobody but a bisection asked for: a report of all that is stored is not of them.

One probe in a release of its own would be a column of squares that were not run. In: the state
folder. Out: by cell, the probes; a file per cell beside its observations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..model.cell import filed_in
from ..model.files import UNDECODABLE, read_regular, write_atomically
from ..model.record import CellRecord
from ..model.text import counted, listed

NAMED = 3  # probes by name


def bisected(state: Path) -> dict[str, frozenset[str]]:
    """Return the probes, by cell; a file that cannot be read says nothing."""
    found = {cell: _read(_path(state, cell)) for cell in filed_in(state / "bisected")}
    return {cell: probes for cell, probes in found.items() if probes}


def note(state: Path, cell: str, probe: str) -> None:
    """Keep that a bisection asks for a square of which nothing is stored."""
    path = _path(state, cell)
    _write(path, {*_read(path), probe})


def asked_for(state: Path, cells: Iterable[str], probes: Iterable[str]) -> None:
    """Take note that a run asks for these squares: from now on they are as any other."""
    wanted = frozenset(probes)
    for cell in cells:
        path = _path(state, cell)
        if _read(path) & wanted:
            _write(path, _read(path) - wanted)


def without(
    aside: Mapping[str, frozenset[str]], records: Sequence[CellRecord]
) -> tuple[list[CellRecord], dict[str, frozenset[str]]]:
    """Return the records without the cells and the probes that squares put aside alone are of.

    Beside them, by cell, what that leaves out. Where nothing else is known, nothing is left out.
    """
    if not aside:
        return [*records], {}
    seen = {r.cell: {one.id for one in r.probes} | r.not_installable.keys() for r in records}
    rest = {cell: known - aside.get(cell, frozenset()) for cell, known in seen.items()}
    cells = {cell for cell, known in rest.items() if known or cell not in aside}
    probes = frozenset().union(*rest.values())
    if not cells:
        return [*records], {}
    left = {c: frozenset(known if c not in cells else known - probes) for c, known in seen.items()}
    kept = [
        msgspec.structs.replace(
            record,
            probes=tuple(one for one in record.probes if one.id in probes),
            not_installable={p: w for p, w in record.not_installable.items() if p in probes},
        )
        for record in records
        if record.cell in cells
    ]
    return kept, {cell: out for cell, out in left.items() if out}


def told(aside: Mapping[str, frozenset[str]]) -> str:
    """Say which squares a report leaves out, and how to see them, or ""."""
    number = sum(map(len, aside.values()))
    if not number:
        return ""
    probes = sorted(frozenset().union(*aside.values()))
    them = "it" if number == 1 else "them"
    return (
        f"left out: {counted(number, 'square')} of {listed(probes, NAMED)}, which `nox -s bisect`"
        f" alone asked for; `nox -s report -- --probe {probes[0]}` shows {them}"
    )


def _read(path: Path) -> frozenset[str]:
    try:
        return msgspec.json.decode(read_regular(path), type=frozenset[str])
    except (BadInput, *UNDECODABLE):
        return frozenset()


def _write(path: Path, probes: Iterable[str]) -> None:
    write_atomically(path, msgspec.json.encode(sorted(probes)).decode() + "\n")


def _path(state: Path, cell: str) -> Path:
    return state / "bisected" / f"{cell}.json"
