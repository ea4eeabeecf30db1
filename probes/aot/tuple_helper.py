"""The wrapper trick over a tuple whose type stays the same at every level."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def paths(corner):
    x, y = corner
    if x == 0 or y == 0:
        return 1
    return paths((x - 1, y)) + paths((x, y - 1))


@cc.export("lattice_paths", "int64(int64, int64)")
def lattice_paths(x, y):
    return paths((x, y))


def run(module):
    return module.lattice_paths(5, 6)
