"""The function moves down by a line, as by an import above it."""

from pathlib import Path

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("\n@njit", "\n\n@njit"))
