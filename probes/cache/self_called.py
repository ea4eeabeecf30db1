"""A recursive function called from a cached one, which holds a copy of its machine code."""

from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit(cache=True)
def fib_sum(count):
    total = 0
    for n in range(count):
        total += fib(n)
    return total


def run():
    return fib_sum(15)
