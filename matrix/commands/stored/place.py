"""Where a report is written: one that was narrowed does not take the place of a wider one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ...errors import BadInput
from ...model.files import UNDECODABLE, read_regular
from ...model.text import counted


class Named(msgspec.Struct, frozen=True):
    """Something with an id."""

    id: str


class Held(msgspec.Struct, frozen=True):
    """As much of a cell in matrix.json as it takes to count its squares."""

    probes: tuple[Named, ...] = ()


class Wide(msgspec.Struct, frozen=True):
    """The same of the whole."""

    cells: tuple[Held, ...] = ()


def place(
    state: Path, cells: int, seen: Iterable[str], asked: Iterable[str], *, narrowed: bool
) -> tuple[Path, str]:
    """Return the folder for a report of so many cells, and what is to be said of that.

    What was `narrowed`, by selectors or probes, to fewer squares than the report that is there is
    of goes beside it. A probe counts that was `seen`, or was `asked` for and is in the other one.
    """
    folder, beside = state / "report", state / "report-narrow"
    there, probes = _held(folder / "matrix.json") if narrowed else (0, set[str]())
    squares = cells * len({*seen, *(probes & set(asked))})
    if squares >= there * len(probes):
        return folder, ""
    return beside, (
        f"this report, of {counted(squares, 'square')}, is in {beside.name}: {folder.name} holds"
        f" one of {there * len(probes)}, which `nox -s report` renews"
    )


def _held(path: Path) -> tuple[int, set[str]]:
    """Return the number of cells that a report is of, and its probes; none if it is no report."""
    try:
        found = msgspec.json.decode(read_regular(path), type=Wide) if path.exists() else Wide()
    except (BadInput, *UNDECODABLE):
        return 0, set()
    return len(found.cells), {probe.id for cell in found.cells for probe in cell.probes}
