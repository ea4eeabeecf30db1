"""Answers, and raises while it leaves, which Python reports and forgets."""
import atexit

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def leave():
    raise RuntimeError("too late to matter")


def run():
    atexit.register(leave)
    return double(2)
