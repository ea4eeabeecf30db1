"""The data files of two functions change places."""

import os
from glob import glob

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


@njit(cache=True)
def subtract(n):
    return n - 1


def run():
    return [add(1), subtract(1)]


def change():
    one, other = sorted(glob("__pycache__/*.nbc"))
    os.rename(one, "kept")
    os.rename(other, one)
    os.rename("kept", other)
