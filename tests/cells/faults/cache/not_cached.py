"""Asks for no cache."""
from numba import njit


@njit
def double(n):
    return 2 * n


def run():
    return double(2)
