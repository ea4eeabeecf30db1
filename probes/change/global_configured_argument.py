"""What is read from a setting is passed to the function."""

import os

from numba import njit

STEP = 10 if os.path.exists("large-steps") else 1


@njit(cache=True)
def add(n, step):
    return n + step


def run():
    return add(1, STEP)


def change():
    open("large-steps", "w").close()
