"""A recursive function called from the kernel of a cached generalised ufunc."""

import numpy as np
from numba import guvectorize, njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@guvectorize(["void(int64[:], int64[:])"], "(n)->(n)", cache=True)
def fib_row(values, results):
    for i in range(len(values)):
        results[i] = fib(values[i])


def run():
    values = np.arange(16)
    results = np.zeros_like(values)
    fib_row(values, results)
    return results
