"""An exported function that consumes a jitted generator, which calls a recursive function."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit
def fibs(count):
    for n in range(count):
        yield fib(n)


@cc.export("fibonacci_sum", "int64(int64)")
def fibonacci_sum(count):
    total = 0
    for value in fibs(count):
        total += value
    return total


def run(module):
    return module.fibonacci_sum(12)
