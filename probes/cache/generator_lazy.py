"""A generator that iterates over itself, as a tree walk does.

Numba cannot tell what it would yield.

https://github.com/numba/numba/issues/9018
"""

from numba import njit


@njit(cache=True)
def walk(n):
    if n > 0:
        for below in walk(n - 1):
            yield below
        yield n


def run():
    return list(walk(5))
