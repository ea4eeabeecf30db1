"""The index of a `prange` loop handed to a recursive function.

It is unsigned, and one less than it is signed.

https://github.com/numba/numba/issues/7246
"""

import numpy as np
from numba import njit, prange


@njit(cache=True)
def count_down(n):
    return 0 if n < 1 else 1 + count_down(n - 1)


@njit(cache=True, parallel=True)
def count_all(length):
    counts = np.zeros(length, dtype=np.int64)
    for i in prange(length):
        counts[i] = count_down(i)
    return counts


def run():
    try:
        return list(count_all(8)) == [0, 1, 2, 3, 4, 5, 6, 7]
    except (RuntimeError, SystemError):  # or any numbers at all: it depends on the thread
        return False
