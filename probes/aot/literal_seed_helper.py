"""The wrapper trick for an accumulator seeded with a literal.

The literal has a type of its own.
"""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@cc.export("factorial", "int64(int64)")
def factorial(n):
    return fact(n, 1)


def run(module):
    return module.factorial(10)
