"""Mutual recursion called from a cached C callback."""

from numba import cfunc, njit


@njit(cache=True)
def is_even(n):
    return 1 if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return 0 if n == 0 else is_even(n - 1)


@cfunc("int64(int64)", cache=True)
def even_callback(n):
    return is_even(n)


def run():
    return [even_callback.ctypes(10), even_callback.ctypes(7)]
