"""Workaround for swapped arguments: one explicit signature, to whose types both are cast."""

from numba import njit


@njit("float64(float64, float64)", cache=True)
def fold(a, b):
    return a + b if a < 1 else fold(b - 1, a)


def run():
    return fold(3, 2.5)
