"""Self-recursion compiled for two explicit signatures, each of which only ever calls itself."""

from numba import njit


@njit(["int64(int64)", "float64(float64)"], cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def run():
    return [fib(20), fib(20.5)]
