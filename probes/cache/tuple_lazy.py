"""Recursion over a tuple whose type stays the same at every level."""

from numba import njit


@njit(cache=True)
def paths(corner):
    x, y = corner
    if x == 0 or y == 0:
        return 1
    return paths((x - 1, y)) + paths((x, y - 1))


def run():
    return paths((5, 6))
