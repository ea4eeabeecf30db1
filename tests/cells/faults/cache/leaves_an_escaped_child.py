"""Leaves a grandchild running in a session of its own, as a daemon would."""
import os
import time

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return double(2)
    os.setsid()
    if os.fork():
        os._exit(0)
    print(os.getpid(), flush=True)
    while True:
        time.sleep(3600)
