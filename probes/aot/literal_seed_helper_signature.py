"""Workaround for a literal seed: an explicit signature on the helper."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit("int64(int64, int64)")
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@cc.export("factorial", "int64(int64)")
def factorial(n):
    return fact(n, 1)


def run(module):
    return module.factorial(10)
