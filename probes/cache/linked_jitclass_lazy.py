"""Recursion with a jitclass instance as an argument.

Its type has an address in its name, so no process finds it again.

https://github.com/numba/numba/issues/9659
"""

import numpy as np
from numba import int64, njit
from numba.experimental import jitclass


@jitclass([("values", int64[:]), ("rest", int64[:])])
class Links:
    def __init__(self, values, rest):
        self.values = values
        self.rest = rest


@njit(cache=True)
def total(links, node):
    if node < 0:
        return 0
    return links.values[node] + total(links, links.rest[node])


def run():
    return total(Links(np.array([1, 2, 3]), np.array([1, 2, -1])), 0)
