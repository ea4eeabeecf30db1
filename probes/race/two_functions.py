"""Two processes call two functions of one file for the first time."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


@njit(cache=True)
def double(x):
    return x + x


def run():
    return increment(1)


def other():
    return double(1.5)
