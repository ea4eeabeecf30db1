"""Two processes import a file with a cached ufunc at once; it is compiled at the import."""

from numba import vectorize

WORDS = ["int64(int64)", "float64(float64)"]


def ufunc():
    return vectorize(WORDS, cache=True)(increment)


def increment(x):
    return x + 1


def run():
    return int(ufunc()(1))


def other():
    return float(ufunc()(1.5))
