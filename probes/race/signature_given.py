"""Two processes import a function with an explicit signature at once, which serves both their calls."""

from numba import njit


def increment(x):
    return x + 1


def compiled():
    return njit("float64(float64)", cache=True)(increment)


def run():
    return compiled()(1)


def other():
    return compiled()(1.5)
