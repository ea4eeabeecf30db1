"""Workaround for a default argument: the caller passes it as well.

https://github.com/numba/numba/issues/6061
"""

from numba import njit


@njit(cache=True)
def fact(n, result=1):
    return result if n < 2 else fact(n - 1, result * n)


def run():
    return fact(10, 1)
