"""The function itself is edited."""

from pathlib import Path

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("n + 1", "n + 10"))
