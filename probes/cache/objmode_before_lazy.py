"""Plain Python does the work of the `objmode` block before it calls the cached function."""

from numba import njit


@njit(cache=True)
def add(n, digits):
    return n + digits


def with_digits(n):
    return add(n, len(str(n)))


def run():
    return with_digits(100)
