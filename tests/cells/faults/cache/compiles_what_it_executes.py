"""Loads one function, and compiles another in every process that no module knows of."""

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    names = {}
    exec("def add(n):\n    return n + 1\n", names)
    return double(2) + njit(names["add"])(1)
