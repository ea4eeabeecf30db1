"""Workaround for linked structure: the links are indices into arrays."""

import numpy as np
from numba import njit


@njit(cache=True)
def total(values, rest, node):
    if node < 0:
        return 0
    return values[node] + total(values, rest, rest[node])


def run():
    return total(np.array([1, 2, 3]), np.array([1, 2, -1]), 0)
