"""A callee in another file is edited; both it and its caller are cached."""

from pathlib import Path

from _program import add
from numba import njit


@njit(cache=True)
def add_twice(n):
    return add(add(n))


def run():
    return add_twice(1)


def change():
    callee = Path("_program.py")
    callee.write_text(callee.read_text().replace("n + 1", "n + 10"))
