"""Mutual recursion with an explicit signature on both.

The first is compiled before the second has a name.

https://github.com/numba/numba/issues/6426
"""

from numba import njit


@njit("boolean(int64)", cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit("boolean(int64)", cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run():
    return [is_even(10), is_even(7)]
