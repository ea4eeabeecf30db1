"""A Numba that is no release: what it is called, on which CPython it runs, what it is made of."""

from __future__ import annotations

from pathlib import Path

import msgspec
from packaging.version import Version

from ...model.cell import LOCAL, Cell
from ...select.interpreters import Interpreter

# How a lock begins that stands for what an interpreter has in place; its path follows.
IN_PLACE = "# in place: "


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
