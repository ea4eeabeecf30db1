"""Plain Python finds the helper, Numba wants it compiled."""
from numba import njit


def helper(n):
    return 2 * n


@njit(cache=True)
def double(n):
    return helper(n)


def run():
    return double(2)
