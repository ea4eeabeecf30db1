"""What is read from a setting is the default of an argument."""

import os

from numba import njit

STEP = 10 if os.path.exists("large-steps") else 1


@njit(cache=True)
def add(n, step=STEP):
    return n + step


def run():
    return add(1)


def change():
    open("large-steps", "w").close()
