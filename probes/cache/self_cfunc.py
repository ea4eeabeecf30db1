"""A recursive function called from a cached C callback."""

from numba import cfunc, njit


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@cfunc("int64(int64)", cache=True)
def fib_callback(n):
    return fib(n)


def run():
    return fib_callback.ctypes(20)
