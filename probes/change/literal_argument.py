"""A string that the function asks for as a literal is read from a setting, which changes."""

import os

from numba import literally, njit

KIND = "cube" if os.path.exists("cubes") else "square"


@njit(cache=True)
def power(n, kind):
    return n**2 if literally(kind) == "square" else n**3


def run():
    return power(2, KIND)


def change():
    open("cubes", "w").close()
