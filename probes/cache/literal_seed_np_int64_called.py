"""Workaround for a literal seed: `np.int64(1)` in place of the literal."""

import numpy as np
from numba import njit


@njit(cache=True)
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@njit(cache=True)
def factorial(n):
    return fact(n, np.int64(1))


def run():
    return factorial(10)
