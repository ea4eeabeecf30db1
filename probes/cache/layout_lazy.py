"""An array that loses its contiguous layout on the way down: the layout is part of its type.

https://github.com/numba/numba/issues/10162
"""

import numpy as np
from numba import njit


@njit(cache=True)
def alternating(values):
    if len(values) < 2:
        return values[0]
    return alternating(values[::2]) - alternating(values[1::2])


def run():
    return alternating(np.arange(16) ** 2)
