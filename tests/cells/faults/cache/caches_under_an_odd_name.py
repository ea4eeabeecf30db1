"""Leaves a cache file whose name is no UTF-8, and one that is no file."""

import os

from numba import njit

HERE = os.path.dirname(os.path.abspath(__file__))


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    with open(os.path.join(os.fsencode(HERE), b"\xff.nbi"), "wb") as file:
        file.write(b"x")
    if not os.path.exists(os.path.join(HERE, "pipe.nbc")):
        os.mkfifo(os.path.join(HERE, "pipe.nbc"))
    return double(2)
