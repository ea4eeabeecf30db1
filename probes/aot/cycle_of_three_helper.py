"""The wrapper trick for mutual recursion of three functions."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def red(n):
    return 0 if n == 0 else 1 + yellow(n - 1)


@njit
def yellow(n):
    return 0 if n == 0 else 10 + green(n - 1)


@njit
def green(n):
    return 0 if n == 0 else 100 + red(n - 1)


@cc.export("traffic", "int64(int64)")
def traffic(n):
    return red(n)


def run(module):
    return module.traffic(8)
