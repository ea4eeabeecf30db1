"""An @intrinsic in another file is edited."""

from pathlib import Path

from _extended import generated
from numba import njit

TRUTH = "compiled"


@njit(cache=True)
def add(n):
    return n + generated()


def run():
    return add(1)


def change():
    extended = Path("_extended.py")
    extended.write_text(extended.read_text().replace("1", "10"))
