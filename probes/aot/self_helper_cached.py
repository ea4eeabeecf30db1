"""The wrapper trick with a helper that also has `cache=True`, for the program that uses both."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit(cache=True)
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


@cc.export("fibonacci", "int64(int64)")
def fibonacci(n):
    return fib(n)


def run(module):
    return module.fibonacci(20)
