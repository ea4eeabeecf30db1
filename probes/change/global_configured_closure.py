"""What is read from a setting is closed over by the function."""

import os

from numba import njit

STEP = 10 if os.path.exists("large-steps") else 1


def adding(step):
    @njit(cache=True)
    def add(n):
        return n + step

    return add


add = adding(STEP)


def run():
    return add(1)


def change():
    open("large-steps", "w").close()
