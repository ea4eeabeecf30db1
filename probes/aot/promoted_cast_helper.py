"""Workaround for a promoted argument: the export casts it before the recursion starts."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def halvings(x):
    return 0 if x < 1 else 1 + halvings(x / 2)


@cc.export("count_halvings", "int64(int64)")
def count_halvings(x):
    return halvings(float(x))


def run(module):
    return module.count_halvings(1000)
