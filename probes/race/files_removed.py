"""One process calls a function for the first time while another clears Numba's files out of the cache folder."""

import os

from numba import njit

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    for name in os.listdir(CACHE) if os.path.isdir(CACHE) else []:
        if name.endswith((".nbi", ".nbc")):
            os.unlink(os.path.join(CACHE, name))
