"""Two processes call one function for the first time, each holding a lock while it does."""

import fcntl
import os

from numba import njit

LOCK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lock")


@njit(cache=True)
def increment(x):
    return x + 1


def locked(x):
    with open(LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return increment(x)


def run():
    return locked(1)


def other():
    return locked(1.5)
