"""Nothing is wrong with two processes that do the same."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    return increment(1)
