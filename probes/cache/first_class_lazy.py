"""A recursion that takes a function and passes it on.

The function's address is part of the argument's type.

https://github.com/numba/numba/issues/6772
"""

from numba import njit


@njit(cache=True)
def square(n):
    return n * n


@njit(cache=True)
def total(function, n):
    return 0 if n == 0 else function(n) + total(function, n - 1)


def run():
    return total(square, 10)
