"""Self-recursion on one signature, compiled at the definition by an explicit signature."""

from numba import njit


@njit("int64(int64)", cache=True)
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


def run():
    return fib(20)
