"""Ends the process it was forked from once its function is cached, and so the whole generation."""

import os
import signal
import time

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    doubled = double(21)
    with open("/proc/{}/cmdline".format(os.getppid()), "rb") as file:
        forked = b"generation.py" in file.read()
    compiled = hasattr(double, "stats") and sum(double.stats.cache_misses.values())
    if forked and compiled:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(3600)
    return doubled
