"""Two processes call one function for the first time, both with an integer."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    return increment(2)
