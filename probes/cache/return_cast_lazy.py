"""Mutual recursion that returns an int at the bottom and a float above.

The bits of one are read as the other.

https://github.com/numba/numba/issues/8882
"""

from numba import njit


@njit(cache=True)
def half(n):
    return 1 if n == 0 else 0.5 * half_of_half(n)


@njit(cache=True)
def half_of_half(n):
    return half(n - 1)


def run():
    return half(3)
