"""A global is edited where it is defined, in the function's own file."""

from pathlib import Path

from numba import njit

STEP = 1


@njit(cache=True)
def add(n):
    return n + STEP


def run():
    return add(1)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("STEP = 1", "STEP = 10"))
