"""`NUMBA_CPU_NAME=generic` is set for the next process, as for a cache that other machines read."""

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    return {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
