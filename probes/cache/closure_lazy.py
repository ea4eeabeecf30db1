"""A recursive function defined inside another.

It closes over itself, and what it closes over is part of its key.

https://github.com/numba/numba/issues/6264
"""

from numba import njit


def make_fib():
    @njit(cache=True)
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return fib


local_fib = make_fib()


def run():
    return local_fib(20)
