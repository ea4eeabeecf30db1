"""Two exported functions that share one recursive helper."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@cc.export("fibonacci", "int64(int64)")
def fibonacci(n):
    return fib(n)


@cc.export("fibonacci_sum", "int64(int64)")
def fibonacci_sum(count):
    total = 0
    for n in range(count):
        total += fib(n)
    return total


def run(module):
    return [module.fibonacci(20), module.fibonacci_sum(10)]
