"""Returns a list in a list in a list, deeper than anything can read."""

import sys

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    sys.setrecursionlimit(100000)
    value = double(2)
    for _ in range(5000):
        value = [value]
    return value
