"""Mutual recursion with `cache=False` on one of the two.

The cached one holds the cycle all the same.
"""

from numba import njit


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=False)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run():
    return [is_even(10), is_even(7)]
