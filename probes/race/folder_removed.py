"""One process calls a function for the first time while another clears the cache folder away."""

import os

from numba import njit

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    if os.path.isdir(CACHE):
        for name in os.listdir(CACHE):
            os.unlink(os.path.join(CACHE, name))
        os.rmdir(CACHE)
