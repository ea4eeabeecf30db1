"""A member of an enumeration in another file gets another value."""

from pathlib import Path

from _constants import Colour
from numba import njit


@njit(cache=True)
def is_red(n):
    return n == Colour.RED


def run():
    return is_red(1)


def change():
    constants = Path("_constants.py")
    constants.write_text(constants.read_text().replace("RED = 1", "RED = 10"))
