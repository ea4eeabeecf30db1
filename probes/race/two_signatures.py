"""Two processes call one function for the first time, with an integer and with a float."""

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    return increment(1.5)
