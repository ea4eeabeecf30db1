"""Mutual recursion called from the kernel of a cached generalised ufunc."""

import numpy as np
from numba import guvectorize, njit


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@guvectorize(["void(int64[:], boolean[:])"], "(n)->(n)", cache=True)
def even_row(values, results):
    for i in range(len(values)):
        results[i] = is_even(values[i])


def run():
    values = np.array([10, 7, 4])
    results = np.zeros(len(values), dtype=np.bool_)
    even_row(values, results)
    return results
