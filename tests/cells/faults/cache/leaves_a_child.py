"""Leaves a child running that holds on to its output."""
import subprocess

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    print(subprocess.Popen(["sleep", "3600"]).pid, flush=True)
    return double(2)
