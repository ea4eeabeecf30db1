"""The option `boundscheck` is read from a setting, which changes."""

import os

import numpy as np
from numba import njit

TRUTH = "compiled"
CHECK = os.path.exists("otherwise")


@njit(cache=True, boundscheck=CHECK)
def look_up(table, n):
    return table[n]


def run():
    try:
        return look_up(np.arange(3)[:1], 2)
    except IndexError:
        return "IndexError"


def change():
    open("otherwise", "w").close()
