"""The folder of the cache is deleted between two processes."""

import shutil

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    shutil.rmtree("__pycache__")
