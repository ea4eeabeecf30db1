"""Mutual recursion of three functions, compiled at the first call."""

from numba import njit


@njit(cache=True)
def red(n):
    return 0 if n == 0 else 1 + yellow(n - 1)


@njit(cache=True)
def yellow(n):
    return 0 if n == 0 else 10 + green(n - 1)


@njit(cache=True)
def green(n):
    return 0 if n == 0 else 100 + red(n - 1)


def run():
    return red(8)
