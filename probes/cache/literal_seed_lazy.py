"""An accumulator seeded from Python.

There a literal is an ordinary int, and all levels share one type.
"""

from numba import njit


@njit(cache=True)
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


def run():
    return fact(10, 1)
