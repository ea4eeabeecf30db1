"""Mutual recursion without a cache anywhere.

Always right, and compiled again in every process.
"""

from numba import njit


@njit
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run():
    return [is_even(10), is_even(7)]
