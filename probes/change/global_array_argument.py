"""An array that is read from a file of data is passed to the function."""

import os

import numpy as np
from numba import njit

TABLE = np.arange(3) + 10 * os.path.exists("other-data")


@njit(cache=True)
def look_up(table, n):
    return table[n]


def run():
    return look_up(TABLE, 1)


def change():
    open("other-data", "w").close()
