"""After the change all is as before, and the probe does not say so."""

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    pass
