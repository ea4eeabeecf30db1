"""Workaround for a shrinking tuple: the tuple stays whole and an index walks along it."""

from numba import njit


@njit(cache=True)
def dot(left, right, at):
    if at == len(left):
        return 0
    return left[at] * right[at] + dot(left, right, at + 1)


def run():
    return dot((1, 2, 3), (4, 5, 6), 0)
