"""Whatever calls the compiled function kills the process that it was forked from."""

import os
import signal

from numba import config, njit


@njit(cache=True)
def increment(x):
    return x + 1


def run():
    return increment(1)


def other():
    if not config.DISABLE_JIT:
        os.kill(os.getppid(), signal.SIGKILL)
    return increment(2)
