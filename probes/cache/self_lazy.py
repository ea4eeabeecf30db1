"""Self-recursion on one signature, compiled at the first call."""

from numba import njit


@njit(cache=True)
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


def run():
    return fib(20)
