"""A recursive function called from the kernel of a cached ufunc."""

import numpy as np
from numba import njit, vectorize


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@vectorize(["int64(int64)"], cache=True)
def fib_each(n):
    return fib(n)


def run():
    return fib_each(np.arange(16))
