"""Mutual recursion called from a cached `parallel=True` loop."""

import numpy as np
from numba import njit, prange


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@njit(cache=True, parallel=True)
def even_all(values):
    results = np.zeros(len(values), dtype=np.bool_)
    for i in prange(len(values)):
        results[i] = is_even(values[i])
    return results


def run():
    return even_all(np.array([10, 7, 4]))
