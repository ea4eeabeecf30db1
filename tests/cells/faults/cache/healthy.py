"""Nothing is wrong with this one: its neighbours must not change that."""
from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def run():
    return fib(20)
