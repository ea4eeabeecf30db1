"""Workaround for mutual recursion: the cycle of three as a loop over an explicit stack."""

import numpy as np
from numba import njit


@njit(cache=True)
def traffic(n):
    weights = (1, 10, 100)
    stack = np.zeros((n + 1, 2), dtype=np.int64)
    stack[0, 1] = n
    depth = 1
    total = 0
    while depth > 0:
        depth -= 1
        light, left = stack[depth]
        if left > 0:
            total += weights[light]
            stack[depth, 0] = (light + 1) % 3
            stack[depth, 1] = left - 1
            depth += 1
    return total


def run():
    return traffic(8)
