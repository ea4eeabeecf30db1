"""An int that turns into a float on the way down.

The first level has a specialisation of its own.
"""

from numba import njit


@njit(cache=True)
def halvings(x):
    return 0 if x < 1 else 1 + halvings(x / 2)


def run():
    return halvings(1000)
