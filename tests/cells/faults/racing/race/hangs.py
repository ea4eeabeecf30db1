"""One of two processes never comes back once the other has stored something."""

import os
import time

from numba import njit

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    stored = os.path.isdir(CACHE) and os.listdir(CACHE)
    while stored:
        time.sleep(3600)
