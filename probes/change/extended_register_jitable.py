"""A @register_jitable function in another file is edited."""

from pathlib import Path

from _extended import jitable
from numba import njit


@njit(cache=True)
def add(n):
    return n + jitable()


def run():
    return add(1)


def change():
    extended = Path("_extended.py")
    extended.write_text(extended.read_text().replace("1", "10"))
