"""The wrapper trick with a default argument omitted by the export and passed by the recursion."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fact(n, result=1):
    return result if n < 2 else fact(n - 1, result * n)


@cc.export("factorial", "int64(int64)")
def factorial(n):
    return fact(n)


def run(module):
    return module.factorial(10)
