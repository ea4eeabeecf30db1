"""Returns a path of nowhere, the one it lies at, and text that looks like what stands for a place."""

import os

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    here = os.path.dirname(os.path.abspath(__file__))
    return ["/opt/nowhere/answer", here, "<scratch>/x", {here: double(1)}]
