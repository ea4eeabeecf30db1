"""Workaround for a promoted argument: an explicit signature with the type it ends up with."""

from numba import njit


@njit("int64(float64)", cache=True)
def halvings(x):
    return 0 if x < 1 else 1 + halvings(x / 2)


def run():
    return halvings(1000)
