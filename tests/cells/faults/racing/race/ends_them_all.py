"""One of two processes kills all that it finds in its process group."""

import os
import signal

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    if hasattr(os.stat, "__wrapped__"):  # held at the gate
        os.killpg(0, signal.SIGKILL)
