"""An @overload in another file is edited."""

from pathlib import Path

from _extended import overloaded
from numba import njit


@njit(cache=True)
def add(n):
    return n + overloaded()


def run():
    return add(1)


def change():
    extended = Path("_extended.py")
    extended.write_text(extended.read_text().replace("1", "10"))
