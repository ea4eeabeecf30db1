"""Workaround for mutual recursion.

Both functions folded into one helper, with a tag that says which one is meant.
"""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit("boolean(int64, boolean)")
def has_parity(n, odd):
    if n == 0:
        return not odd
    return has_parity(n - 1, not odd)


@cc.export("even", "boolean(int64)")
def even(n):
    return has_parity(n, False)


def run(module):
    return [module.even(10), module.even(7)]
