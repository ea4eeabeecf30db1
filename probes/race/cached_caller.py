"""One process calls a cached function with a float, the other a cached function that calls it with an integer."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


@njit(cache=True)
def caller(n):
    return increment(n) * 2


def run():
    return increment(1.5)


def other():
    return caller(1)
