"""Closes its output streams, as objects and as files."""
import os
import sys

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    sys.stdout.close()
    sys.stderr = None
    os.close(1)
    return double(2)
