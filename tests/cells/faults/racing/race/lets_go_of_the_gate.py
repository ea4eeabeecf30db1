"""One of two processes closes every file it has, and goes on."""

import os
import time

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    if hasattr(os.stat, "__wrapped__"):
        os.closerange(3, 256)
        time.sleep(3600)
