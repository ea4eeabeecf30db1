"""Workaround for a promoted argument: cast before the recursion starts."""

from numba import njit


@njit(cache=True)
def halvings(x):
    return 0 if x < 1 else 1 + halvings(x / 2)


def run():
    return halvings(float(1000))
