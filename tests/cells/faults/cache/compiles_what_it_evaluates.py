"""Loads one function, and compiles another in every process that is in no file."""

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(2) + njit(eval("lambda n: n + 1"))(1)
