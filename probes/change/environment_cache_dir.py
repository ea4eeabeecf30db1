"""`NUMBA_BOUNDSCHECK=1` is set for the next process, and `NUMBA_CACHE_DIR` to another folder."""

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
    return {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": "another f\u00f6lder"}
