"""Where a report is written: one that was narrowed does not take the place of a wider one."""

from __future__ import annotations

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


def place(state: Path, squares: int, *, narrowed: bool) -> tuple[Path, str]:
    """Return the folder for a report of so many squares, and what is to be said of that.

    What was `narrowed`, by selectors or probes, to fewer squares than the report that is there is
    of goes beside it.
    """
    folder, beside = state / "report", state / "report-narrow"
    there = _squares(folder / "matrix.json") if narrowed else 0
    if squares >= there:
        return folder, ""
    return beside, (
        f"this report, of {counted(squares, 'square')}, is in {beside.name}: {folder.name} holds"
        f" one of {there}, which `nox -s report` renews"
    )


def _squares(path: Path) -> int:
    """Return of how many squares a report is, those that were not run too; 0 if it is none."""
    try:
        found = msgspec.json.decode(read_regular(path), type=Wide) if path.exists() else Wide()
    except (BadInput, *UNDECODABLE):
        return 0
    return len(found.cells) * len({probe.id for cell in found.cells for probe in cell.probes})
