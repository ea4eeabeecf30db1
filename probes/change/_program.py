"""A program of one cached function."""

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1
