"""The file of the function is only touched: it has another time and the same content."""

import os

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    os.utime(__file__, (0, 0))
