"""Another function of the same file is edited."""

from pathlib import Path

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def unrelated(n):
    return n * 2


def run():
    return add(1)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("n * 2", "n * 20"))
