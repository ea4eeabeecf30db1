"""The function is executed from a text, in the name of this file; a number in it changes."""

import os

from numba import njit

SOURCE = "def add(n):\n    return n + {}\n".format(2000 if os.path.exists("otherwise") else 1000)
exec(compile(SOURCE, __file__, "exec"))
add = njit(cache=True)(add)  # noqa: F821


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
