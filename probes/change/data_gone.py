"""The data file is deleted."""

from pathlib import Path

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    for path in Path("__pycache__").glob("*.nbc"):
        path.unlink()
