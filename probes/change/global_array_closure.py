"""An array that is read from a file of data is closed over by the function."""

import os

import numpy as np
from numba import njit

TABLE = np.arange(3) + 10 * os.path.exists("other-data")


def looking_up(table):
    @njit(cache=True)
    def look_up(n):
        return table[n]

    return look_up


look_up = looking_up(TABLE)


def run():
    return look_up(1)


def change():
    open("other-data", "w").close()
