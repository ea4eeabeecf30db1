"""The wrapper trick over an array that is passed down whole."""

import numpy as np
from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def range_sum(values, low, high):
    if high - low == 1:
        return values[low]
    middle = (low + high) // 2
    return range_sum(values, low, middle) + range_sum(values, middle, high)


@cc.export("array_sum", "float64(float64[::1], int64, int64)")
def array_sum(values, low, high):
    return range_sum(values, low, high)


def run(module):
    return module.array_sum(np.arange(100.0), 0, 100)
