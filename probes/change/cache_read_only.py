"""The folder of the cache becomes read-only."""

import os

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    os.chmod("__pycache__", 0o500)
