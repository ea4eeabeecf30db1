"""The process of the change dies."""

import os

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    os.abort()
