"""A global of another file is edited, and read as an attribute of its module."""

from pathlib import Path

import _constants
from numba import njit


@njit(cache=True)
def add(n):
    return n + _constants.STEP


def run():
    return add(1)


def change():
    constants = Path("_constants.py")
    constants.write_text(constants.read_text().replace("STEP = 1", "STEP = 10"))
