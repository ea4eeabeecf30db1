"""Recursion with a tuple that grows.

Every level has a type of its own, up to a length that stops it.
"""

from numba import njit


@njit(cache=True)
def weave(taken, n):
    if len(taken) == 4:
        return 1
    return n + weave(taken + (n,), n * 2)


def run():
    return weave((1,), 3)
