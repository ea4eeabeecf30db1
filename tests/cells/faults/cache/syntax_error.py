"""No Python can read this."""
from numba import njit

@njit(cache=True
def double(n):
    return 2 * n


def run():
    return double(2)
