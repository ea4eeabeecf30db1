"""What the functions of other files call."""

from numba import njit


@njit
def step():
    return 1
