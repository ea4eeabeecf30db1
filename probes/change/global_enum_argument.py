"""A member of an enumeration in another file gets another value, and is passed to the function."""

from pathlib import Path

from _constants import Colour
from numba import njit


@njit(cache=True)
def is_colour(n, colour):
    return n == colour


def run():
    return is_colour(1, Colour.RED)


def change():
    constants = Path("_constants.py")
    constants.write_text(constants.read_text().replace("RED = 1", "RED = 10"))
