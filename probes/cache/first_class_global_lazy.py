"""Workaround for a function argument: the recursion calls a function of its module by name."""

from numba import njit


@njit(cache=True)
def square(n):
    return n * n


@njit(cache=True)
def total(n):
    return 0 if n == 0 else square(n) + total(n - 1)


def run():
    return total(10)
