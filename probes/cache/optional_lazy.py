"""Recursion that returns an int or None."""

import numpy as np
from numba import njit


@njit(cache=True)
def find(values, wanted, low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    if values[middle] == wanted:
        return middle
    if values[middle] < wanted:
        return find(values, wanted, middle + 1, high)
    return find(values, wanted, low, middle)


def run():
    values = np.arange(0, 100, 3)
    return [find(values, 42, 0, len(values)), find(values, 43, 0, len(values))]
