"""`NUMBA_BOUNDSCHECK=1` is set for the next process, to find out why a program goes wrong."""

import numpy as np
from numba import njit

TRUTH = "compiled"


@njit(cache=True)
def look_up(table, n):
    return table[n]


def run():
    try:
        return look_up(np.arange(3)[:1], 2)
    except IndexError:
        return "IndexError"


def change():
    return {"NUMBA_BOUNDSCHECK": "1"}
