"""The wrapper trick for an array that loses its contiguous layout on the way down."""

import numpy as np
from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def alternating(values):
    if len(values) < 2:
        return values[0]
    return alternating(values[::2]) - alternating(values[1::2])


@cc.export("alternating_sum", "int64(int64[::1])")
def alternating_sum(values):
    return alternating(values)


def run(module):
    return module.alternating_sum(np.arange(16) ** 2)
