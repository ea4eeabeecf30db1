"""Two processes call a function at once whose signatures one process before them has cached."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def before():
    increment(1)
    increment(1.5)


def run():
    return increment(1)


def other():
    return increment(1.5)
