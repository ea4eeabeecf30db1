"""The other function of a cycle over two files."""

from _down import down
from numba import njit


@njit(cache=True)
def up(n):
    return 0 if n == 0 else 1 + down(n - 1)
