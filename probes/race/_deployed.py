"""What is deployed while it is in use: the old version."""

from numba import njit


@njit(cache=True)
def price(x):
    return x + 1
