"""Mutual recursion of two functions, compiled at the first call."""

from numba import njit


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run():
    return [is_even(10), is_even(7)]
