"""Ends the process it was forked from before anything is compiled."""

import os
import signal
import time

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    with open("/proc/{}/cmdline".format(os.getppid()), "rb") as file:
        forked = b"generation.py" in file.read()
    if forked and config.DISABLE_JIT:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(3600)
    return double(21)
