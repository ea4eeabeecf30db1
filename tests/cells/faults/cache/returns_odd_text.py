"""No file can hold a lone surrogate."""
from numba import njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return ["\udc80" * double(1)]
