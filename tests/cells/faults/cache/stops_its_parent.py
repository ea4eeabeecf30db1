"""Stops whoever waits for it, and leaves it at that."""

import os
import signal

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    os.kill(os.getppid(), signal.SIGSTOP)
    return double(2)
