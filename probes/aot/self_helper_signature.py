"""The wrapper trick with an explicit signature on the recursive helper."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit("int64(int64)")
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


@cc.export("fibonacci", "int64(int64)")
def fibonacci(n):
    return fib(n)


def run(module):
    return module.fibonacci(20)
