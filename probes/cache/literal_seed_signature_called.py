"""Workaround for a literal seed: an explicit signature on the recursive function."""

from numba import njit


@njit("int64(int64, int64)", cache=True)
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@njit(cache=True)
def factorial(n):
    return fact(n, 1)


def run():
    return factorial(10)
