"""Self-recursion called with an int, then with a float.

Two specialisations, neither calls the other.
"""

from numba import njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def run():
    return [fib(20), fib(20.5)]
