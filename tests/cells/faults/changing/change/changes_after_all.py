"""The probe says that all is as before, and it is not."""

import os

from numba import njit

TRUTH = "same"
STEP = 10 if os.path.exists("otherwise") else 1


@njit(cache=True)
def add(n):
    return n + STEP


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
