"""Workaround for mutual recursion.

The cycle of three as a loop over an explicit stack, exported itself.
"""

import numpy as np
from numba.pycc import CC

cc = CC("built")


@cc.export("traffic", "int64(int64)")
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


def run(module):
    return module.traffic(8)
