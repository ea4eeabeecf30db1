"""Workaround for a `prange` index: cast to `np.int64` before it is handed on."""

import numpy as np
from numba import njit, prange


@njit(cache=True)
def count_down(n):
    return 0 if n < 1 else 1 + count_down(n - 1)


@njit(cache=True, parallel=True)
def count_all(length):
    counts = np.zeros(length, dtype=np.int64)
    for i in prange(length):
        counts[i] = count_down(np.int64(i))
    return counts


def run():
    return list(count_all(8)) == [0, 1, 2, 3, 4, 5, 6, 7]
