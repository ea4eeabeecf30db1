"""The fields of a structref in another file change places."""

from pathlib import Path

from _structref import Pair
from numba import njit

TRUTH = "compiled"


@njit(cache=True)
def first(a, b):
    return Pair(a, b).first


def run():
    return first(1, 2)


def change():
    structref = Path("_structref.py")
    swapped = structref.read_text().replace('["first", "second"]', '["second", "first"]')
    structref.write_text(swapped)
