"""Each process throws away what the one before it had stored, and stores the same again."""
import glob
import os

from numba import njit

HERE = os.path.dirname(os.path.abspath(__file__))
for index in glob.glob(os.path.join(HERE, "**", "*.nbi"), recursive=True):
    os.unlink(index)


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(2)
