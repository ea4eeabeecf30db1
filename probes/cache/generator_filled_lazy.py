"""Workaround for a recursive generator: the recursion fills an array and says how far it got.

https://github.com/numba/numba/issues/9018
"""

import numpy as np
from numba import njit


@njit(cache=True)
def walk(n, found, count):
    if n > 0:
        count = walk(n - 1, found, count)
        found[count] = n
        count += 1
    return count


def run():
    found = np.zeros(10, dtype=np.int64)
    return list(found[: walk(5, found, 0)])
