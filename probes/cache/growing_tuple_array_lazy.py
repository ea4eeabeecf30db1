"""Workaround for a growing tuple: an array of its final length, and how much of it is taken."""

import numpy as np
from numba import njit


@njit(cache=True)
def weave(taken, count, n):
    if count == len(taken):
        return 1
    taken[count] = n
    return n + weave(taken, count + 1, n * 2)


def run():
    taken = np.ones(4, dtype=np.int64)
    return weave(taken, 1, 3)
