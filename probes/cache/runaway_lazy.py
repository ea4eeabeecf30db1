"""Recursion without a base case, which Numba refuses.

No path returns anything whose type it could infer.
"""

from numba import njit


@njit(cache=True)
def descend(n):
    if n < 0:
        raise ValueError("bottom")
    return descend(n - 1)


def run():
    try:
        return descend(3)
    except ValueError as error:
        return str(error)
