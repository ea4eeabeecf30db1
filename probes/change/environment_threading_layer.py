"""`NUMBA_THREADING_LAYER` is another one for the next process."""

import numpy as np
from numba import njit, prange

TRUTH = "same"


@njit(cache=True, parallel=True)
def total(terms):
    result = 0
    for i in prange(len(terms)):
        result += terms[i]
    return result


def run():
    return total(np.arange(10))


def change():
    return {"NUMBA_THREADING_LAYER": "workqueue"}
