"""A cached generator that yields what a recursive function returns.

https://github.com/numba/numba/issues/2868
"""

from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit(cache=True)
def fibs(count):
    for n in range(count):
        yield fib(n)


def run():
    return list(fibs(12))
