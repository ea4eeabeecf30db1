"""Recursion inside a cached `parallel=True` loop, on values read from an array."""

import numpy as np
from numba import njit, prange


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit(cache=True, parallel=True)
def fib_all(values):
    results = np.empty_like(values)
    for i in prange(len(values)):
        results[i] = fib(values[i])
    return results


def run():
    return fib_all(np.arange(16))
