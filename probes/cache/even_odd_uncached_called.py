"""Mutual recursion without a cache under a cached caller.

The caller's file holds the cycle all the same.
"""

from numba import njit


@njit
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@njit(cache=True)
def count_even(values):
    count = 0
    for value in values:
        if is_even(value):
            count += 1
    return count


def run():
    return count_even((3, 4, 8))
