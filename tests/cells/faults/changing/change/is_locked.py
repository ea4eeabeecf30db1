"""The probe's folder is closed to everybody by the time it is done."""

import os

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    os.mkdir("closed")
    open("closed/file", "w").close()
    os.chmod("closed", 0)
