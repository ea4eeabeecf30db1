"""Answers what its cache folder held when it began."""
import glob
import os

from numba import njit

HERE = os.path.dirname(os.path.abspath(__file__))
FOUND = len(glob.glob(os.path.join(HERE, "**", "*.nbi"), recursive=True))


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(FOUND)
