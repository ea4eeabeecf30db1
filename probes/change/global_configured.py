"""A global of the function's own file is read from a setting, which changes."""

import os

from numba import njit

STEP = 10 if os.path.exists("large-steps") else 1


@njit(cache=True)
def add(n):
    return n + STEP


def run():
    return add(1)


def change():
    open("large-steps", "w").close()
