"""Workaround for a changing layout.

An explicit signature for an array of any layout, `int64[:]`.

https://github.com/numba/numba/issues/10162
"""

import numpy as np
from numba import njit


@njit("int64(int64[:])", cache=True)
def alternating(values):
    if len(values) < 2:
        return values[0]
    return alternating(values[::2]) - alternating(values[1::2])


def run():
    return alternating(np.arange(16) ** 2)
