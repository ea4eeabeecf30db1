"""Leaves folders within folders, deeper than Python walks and paths reach."""
import os

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    if os.path.isdir("d"):
        return double(2)
    here = os.getcwd()
    for _ in range(1800):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    return double(2)
