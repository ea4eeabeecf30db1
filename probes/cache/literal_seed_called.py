"""An accumulator seeded with a literal by a jitted caller.

`Literal[int](1)` is a type of its own, so the cycle has two.
"""

from numba import njit


@njit(cache=True)
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@njit(cache=True)
def factorial(n):
    return fact(n, 1)


def run():
    return factorial(10)
