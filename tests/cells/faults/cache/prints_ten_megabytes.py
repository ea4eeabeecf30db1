"""Ten megabytes to either stream, and then a few last words."""
import sys

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    for stream in (sys.stdout, sys.stderr):
        for _ in range(10 * 1024):
            stream.write("x" * 1023 + "\n")
        stream.write("the end\n")
    return double(2)
