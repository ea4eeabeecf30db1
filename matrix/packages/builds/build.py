"""A Numba that is no release: what it is called, on which CPython it runs, what it is made of."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec
from packaging.version import Version

from ...model.cell import LOCAL, Cell
from ...model.files import read_regular
from ...select.interpreters import Interpreter

# How a lock begins that stands for what an interpreter has in place; its path follows.
IN_PLACE = "# in place: "


# So many digits of a wheel's digest name the folder of the copy that is kept of it.
DIGITS = 16


def built(lock: Path) -> tuple[str, str]:
    """Return the option that names a lock's Numba again, as a shell takes it, and what it is.

    Both are "" where there is no lock; no copy may be there of a wheel. Raises BadInput for what is
    no file.
    """
    if not lock.exists():
        return "", ""
    first, second, *_ = (*read_regular(lock).decode(errors="replace").split("\n"), "")
    if first.startswith(IN_PLACE):
        path = first.removeprefix(IN_PLACE)
        words = f"--numba-python {shlex.quote(path)}"
        return words, f"what {path} has in place ({second.removeprefix('# ')[:DIGITS]})"
    digest = first.removeprefix("# ")[:DIGITS]
    copy = next((lock.parent / digest).glob("*.whl"), None)
    if copy is None:
        return "", f"a wheel ({digest})"
    return f"--numba {shlex.quote(str(copy))}", f"{copy.name} ({digest})"


class Build(msgspec.Struct, frozen=True):
    """A wheel, or an `interpreter` with a Numba in place. `version` is what it says itself.

    `digest` names what it is made of; `named` is how the user named it.
    """

    named: str
    version: str
    python: str
    digest: str
    wheel: Path | None = None
    interpreter: Interpreter | None = None
    beside: dict[str, str] = {}

    @property
    def release(self) -> str:
        """What it is called, never as a release is: 0.68.1+local."""
        version = Version(self.version)
        return f"{version}.{LOCAL}" if version.local else f"{version}+{LOCAL}"

    @property
    def cell(self) -> Cell:
        """Its cell: 0.68.1+local-cp313."""
        return Cell(self.release, self.python)
