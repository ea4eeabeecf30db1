"""Two processes call one function for the first time, and one is killed between any two steps."""

from numba import njit

KILLED = True


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    return increment(2)
