"""Workaround for a generator: the values are written to an array that the caller iterates over.

https://github.com/numba/numba/issues/2868
"""

import numpy as np
from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit(cache=True)
def fibs(count):
    values = np.empty(count, dtype=np.int64)
    for n in range(count):
        values[n] = fib(n)
    return values


def run():
    return list(fibs(12))
