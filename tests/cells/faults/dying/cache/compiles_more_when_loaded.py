"""Loads one function, compiles it for another type, and ends the process it was forked from."""

import os
import signal
import time

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    doubled = double(21)
    if hasattr(double, "stats") and sum(double.stats.cache_hits.values()):
        double(1.5)
        with open("/proc/{}/cmdline".format(os.getppid()), "rb") as file:
            forked = b"generation.py" in file.read()
        if forked:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
    return doubled
