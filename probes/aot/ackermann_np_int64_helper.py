"""Workaround for a literal inside the recursion: `np.int64(1)` in its place."""

import numpy as np
from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, np.int64(1))
    return ack(m - 1, ack(m, n - 1))


@cc.export("ackermann", "int64(int64, int64)")
def ackermann(m, n):
    return ack(m, n)


def run(module):
    return module.ackermann(2, 3)
