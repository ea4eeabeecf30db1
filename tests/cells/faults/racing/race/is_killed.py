"""One of two processes is killed by somebody else before it has stored anything."""

import os
import signal

from numba import njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    if hasattr(os.stat, "__wrapped__"):  # held at the gate: where nobody races all is well
        os.kill(os.getpid(), signal.SIGKILL)
