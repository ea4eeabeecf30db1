"""Recursion that fills and empties a typed list, as in backtracking."""

import numpy as np
from numba import njit
from numba.typed import List


@njit(cache=True)
def subset_sums(values, start, chosen):
    total = 0
    for value in chosen:
        total += value
    for i in range(start, len(values)):
        chosen.append(values[i])
        total += subset_sums(values, i + 1, chosen)
        chosen.pop()
    return total


def run():
    chosen = List()
    chosen.append(0)
    return subset_sums(np.array([1, 2, 3, 4]), 0, chosen)
