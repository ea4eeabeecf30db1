"""Recursion over an array that is passed down whole, so that its type never changes."""

import numpy as np
from numba import njit


@njit(cache=True)
def range_sum(values, low, high):
    if high - low == 1:
        return values[low]
    middle = (low + high) // 2
    return range_sum(values, low, middle) + range_sum(values, middle, high)


def run():
    return range_sum(np.arange(100.0), 0, 100)
