"""What it compiled is gone before the next process looks for it."""
import os
import shutil

from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    answer = double(2)
    shutil.rmtree(os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__"), True)
    return answer
