"""Mutual recursion, cached; then another of the same names, which is not.

The number in a compiled function's name begins anew in each process.

https://github.com/numba/numba/issues/10486
"""

from numba import njit


@njit(cache=True)
def even(n):
    return 10 if n == 0 else odd(n - 1)


@njit(cache=True)
def odd(n):
    return 20 if n == 0 else even(n - 1)


cached = [even(4), odd(4), even(4.0)]


@njit
def even(n):
    return 1 if n == 0 else odd(n - 1)


@njit
def odd(n):
    return 2 if n == 0 else even(n - 1)


@njit
def next_number(n):
    return n


def run():
    # Numbers meet whether or not the first process compiled something else before.
    return [*cached, next_number(0), odd(4), even(4), even(4.0), odd(4.0)]
