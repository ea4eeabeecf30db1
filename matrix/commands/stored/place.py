"""Where a report is written: one that was narrowed, or is of nothing, beside a wider one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from ...errors import BadInput
from ...model.files import UNDECODABLE, read_regular
from ...model.text import counted

Square = tuple[str, str]  # a cell and a probe
PLACE, BESIDE = "report", "report-narrow"


class Named(msgspec.Struct, frozen=True):
    """Something with an id."""

    id: str


class Held(msgspec.Struct, frozen=True):
    """As much of a cell in matrix.json as it takes to know its squares."""

    id: str = ""
    probes: tuple[Named, ...] = ()


class Wide(msgspec.Struct, frozen=True):
    """The same of the whole."""

    cells: tuple[Held, ...] = ()


def place(
    state: Path, asked: Collection[Square], seen: Collection[Square], *, narrowed: bool
) -> tuple[Path, str]:
    """Return the folder for a report, and what is to be said of that.

    What was `narrowed`, by selectors or probes, goes beside the report that is there, unless it has
    as many squares of which anything was `seen`, or was `asked` for all that the other one is of.
    Of what nothing was seen goes beside any report of something.
    """
    folder, beside = state / PLACE, state / BESIDE
    if (seen and not narrowed) or not (folder / "matrix.json").exists():
        return folder, ""
    of = f"this report, of {counted(len(seen), 'square')}, is in {beside.name}: {folder.name}"
    there = _held(folder / "matrix.json")
    if there is None and not narrowed:
        return folder, ""
    if there is None:
        return beside, f"{of} holds one that cannot be read, which `nox -s report` renews"
    if len(seen) >= len(there) or (seen and there <= set(asked)):
        return folder, ""
    if not narrowed:
        return beside, f"{of} keeps an older one of {len(there)}, as this one is of nothing"
    return beside, f"{of} holds one of {len(there)}, which `nox -s report` renews"


def written(path: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


def _held(path: Path) -> set[Square] | None:
    """Return the squares that a report is of; None if it is no report."""
    try:
        found = msgspec.json.decode(read_regular(path), type=Wide)
    except (BadInput, *UNDECODABLE):
        return None
    return {(cell.id, probe.id) for cell in found.cells for probe in cell.probes}
