"""A callee in the same file is edited."""

from pathlib import Path

from numba import njit


@njit
def step():
    return 1


@njit(cache=True)
def add(n):
    return n + step()


def run():
    return add(1)


def change():
    here = Path(__file__)
    here.write_text(here.read_text().replace("return 1", "return 10"))
