"""A cell: one Numba release on one CPython, and its id, `0.57.0-cp311`, the same everywhere."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import msgspec
from packaging.version import Version

from ..errors import BadInput

# A build that is no release ends in +local, or, where it has a local version already, in .local.
LOCAL = "local"
CELL_ID = re.compile(
    r"(?P<release>\d+(?:\.\d+)+(?:(?:a|b|rc)\d+)?"
    r"(?:(?:\.post\d+)?(?:\.dev\d+)?\+(?:[a-z0-9.]+\.)?local)?)-cp(?P<major>3)(?P<minor>\d{1,2})"
)


class CellStatus(StrEnum):
    """What became of a cell. Only `ran` carries observations that count."""

    RAN = "ran"
    NO_INTERPRETER = "no_interpreter"
    NO_WHEEL = "no_wheel"
    NOT_INSTALLABLE = "not_installable"
    BROKEN = "broken"


# So begins why nothing could be installed where nobody said anything of the packages.
UNANSWERED = "the package index could not be asked"


def status_for(why: str) -> CellStatus:
    """Return the status of what could not be installed: of what nobody was told, it may well be."""
    return CellStatus.BROKEN if why.startswith(UNANSWERED) else CellStatus.NOT_INSTALLABLE


class Cell(msgspec.Struct, frozen=True, order=False):
    """One release on one CPython. `release` is a version, `python` a minor version like "3.11"."""

    release: str
    python: str

    @property
    def id(self) -> str:
        """The one id of the cell: file name, nox session, pytest id, report and command line."""
        return f"{self.release}-{tag(self.python)}"

    @property
    def is_local(self) -> bool:
        """Whether this is somebody's own build, of which nothing is claimed."""
        return (Version(self.release).local or "").split(".")[-1] == LOCAL

    @property
    def is_candidate(self) -> bool:
        """Whether nobody has the release yet: what it breaks is an early warning."""
        return Version(self.release).is_prerelease

    @property
    def key(self) -> tuple[Version, Version]:
        """Sorts cells by release, then by Python."""
        return Version(self.release), Version(self.python)


def tag(python: str) -> str:
    """Return the wheel tag of a minor version: "3.11" gives "cp311"."""
    return "cp" + python.replace(".", "")


def parse_cell(text: str) -> Cell:
    """Return the cell that `text` names; raises BadInput when it is not a cell's id."""
    found = CELL_ID.fullmatch(text)
    if not found:
        raise BadInput(f"{text!r} is not a cell: ids look like 0.57.0-cp311")
    return Cell(found["release"], f"{found['major']}.{found['minor']}")


def filed_in(folder: Path) -> list[str]:
    """Return the cells that a folder has a JSON file of, oldest release first.

    Files of other names are no concern.
    """
    cells = [path.stem for path in folder.glob("*.json") if CELL_ID.fullmatch(path.stem)]
    return sorted(cells, key=lambda cell: parse_cell(cell).key)
