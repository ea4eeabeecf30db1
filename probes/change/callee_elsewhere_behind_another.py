"""A callee's callee in another file is edited."""

from pathlib import Path

from _between import twice
from numba import njit


@njit(cache=True)
def add(n):
    return n + twice()


def run():
    return add(1)


def change():
    callee = Path("_callee.py")
    callee.write_text(callee.read_text().replace("return 1", "return 10"))
