"""A narrow unsigned argument that continues as a wide one.

Union-find called with a uint32 over uint64 links.

https://github.com/numba/numba/issues/6713
"""

import numpy as np
from numba import njit


@njit(cache=True)
def root(parents, node):
    parent = parents[node]
    return parent if parent == node else root(parents, parent)


@njit(cache=True)
def root_of(parents, node):
    return root(parents, node)


def run():
    return root_of(np.array([0, 0, 1, 2], dtype=np.uint64), np.uint32(3))
