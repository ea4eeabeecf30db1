"""A default argument that is a float, omitted by the caller; no recursion.

https://github.com/numba/numba/issues/6957
"""

from numba import njit


@njit(cache=True)
def scale(n, factor=0.5):
    return factor * n


def run():
    return scale(10)
