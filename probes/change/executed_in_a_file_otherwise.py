"""The function is executed from a text, in the name of this file; an operator in it changes."""

import os

from numba import njit

SOURCE = "def add(n):\n    return n {} 1\n".format("-" if os.path.exists("otherwise") else "+")
exec(compile(SOURCE, __file__, "exec"))
add = njit(cache=True)(add)  # noqa: F821


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
