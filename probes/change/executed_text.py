"""The function is executed from a text, which changes."""

import os

from numba import njit

SOURCE = "def add(n):\n    return n + {}\n".format(10 if os.path.exists("otherwise") else 1)
exec(SOURCE)
add = njit(cache=True)(add)  # noqa: F821


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
