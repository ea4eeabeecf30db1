"""Mutual recursion called from the kernel of a cached ufunc."""

import numpy as np
from numba import njit, vectorize


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@vectorize(["boolean(int64)"], cache=True)
def even_each(n):
    return is_even(n)


def run():
    return even_each(np.array([10, 7, 4]))
