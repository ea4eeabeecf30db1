"""A second lock of a cell, with the oldest NumPy that its release takes; its own has the newest.

In: a cell's lock. Out: another, of the same Numba and llvmlite, with hashes. It is kept: what is
oldest does not change.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import Unreachable
from ..model.cell import Cell
from ..model.files import read_regular, write_atomically
from .locked import pins
from .uv import Refused, compiled

NUMPY = "numpy"


def with_oldest_numpy(cell: Cell, lock: Path, python: str, folder: Path) -> tuple[Path, str]:
    """Return the lock, made in `folder` if it is not there, and the version of NumPy in it.

    `python` is the full version. Raises Unreachable when uv finds none.
    """
    fixed = pins(read_regular(lock).decode(), python)
    # What Numba's own metadata says of NumPy is the bound; all else stays as it is locked.
    lines = [NUMPY, *(f"{name}=={version}" for name, version in fixed.items() if name != NUMPY)]
    asked = hashlib.sha256("\n".join([*lines, python]).encode()).hexdigest()[:16]
    path = folder / f"{cell.id}-oldest-numpy-{asked}.txt"
    if not path.exists():
        write_atomically(path, _compiled(cell, lines, python))
    return path, pins(read_regular(path).decode(), python)[NUMPY]


def _compiled(cell: Cell, lines: list[str], python: str) -> str:
    lowest = ("--resolution", "lowest-direct", "--no-config")
    try:
        return compiled("\n".join(lines), python, *lowest, hidden={})
    except Refused as refused:
        raise Unreachable(
            f"{cell.id}: no lock with its oldest NumPy could be made: {refused}"
        ) from refused
