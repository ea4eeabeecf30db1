"""A helper seeded with a literal by one export and with an argument by the other."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@cc.export("scaled_factorial", "int64(int64, int64)")
def scaled_factorial(n, scale):
    return fact(n, scale)


@cc.export("factorial", "int64(int64)")
def factorial(n):
    return fact(n, 1)


def run(module):
    return [module.scaled_factorial(5, 3), module.factorial(10)]
