"""The wrapper trick for a recursion that returns an int or None."""

import numpy as np
from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def find(values, wanted, low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    if values[middle] == wanted:
        return middle
    if values[middle] < wanted:
        return find(values, wanted, middle + 1, high)
    return find(values, wanted, low, middle)


@cc.export("position", "optional(int64)(int64[::1], int64, int64, int64)")
def position(values, wanted, low, high):
    return find(values, wanted, low, high)


def run(module):
    values = np.arange(0, 100, 3)
    return [
        module.position(values, 42, 0, len(values)),
        module.position(values, 43, 0, len(values)),
    ]
