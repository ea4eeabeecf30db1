"""The option `parallel` is read from a setting, which changes: two threads add up in another order."""

import os

import numpy as np
from numba import njit, prange

TRUTH = "compiled"
PARALLEL = os.path.exists("otherwise")


@njit(cache=True, parallel=PARALLEL)
def total(terms):
    result = 0.0
    for i in prange(len(terms)):
        result += terms[i]
    return result


def run():
    return total(np.array([1e16, 1.0, -1e16, 1.0]))


def change():
    open("otherwise", "w").close()
