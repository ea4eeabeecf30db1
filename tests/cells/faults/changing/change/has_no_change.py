"""There is no change."""

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)
