"""A global of another file is edited."""

from pathlib import Path

from _constants import STEP
from numba import njit


@njit(cache=True)
def add(n):
    return n + STEP


def run():
    return add(1)


def change():
    constants = Path("_constants.py")
    constants.write_text(constants.read_text().replace("STEP = 1", "STEP = 10"))
