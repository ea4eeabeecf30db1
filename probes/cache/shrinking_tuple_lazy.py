"""Recursion over the head and the rest of a tuple: every level has a type of its own."""

from numba import njit


@njit(cache=True)
def dot(left, right):
    if len(left) == 0:
        return 0
    return left[0] * right[0] + dot(left[1:], right[1:])


def run():
    return dot((1, 2, 3), (4, 5, 6))
