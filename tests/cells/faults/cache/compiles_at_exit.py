"""Compiles once run() has returned, in every process."""
import atexit

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


@njit
def never_cached(n):
    return 3 * n


def run():
    atexit.register(never_cached, 2)
    return double(2)
