"""Removes the folder it lies in, cache and all."""
import os
import shutil

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    answer = double(2)
    shutil.rmtree(os.path.dirname(os.path.abspath(__file__)))
    return answer
