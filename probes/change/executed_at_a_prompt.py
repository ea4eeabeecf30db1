"""The function is typed at the prompt of Python."""

import os

from numba import njit

SOURCE = "def add(n):\n    return n + {}\n".format(10 if os.path.exists("otherwise") else 1)
exec(compile(SOURCE, "<stdin>", "exec"))
add = njit(cache=True)(add)  # noqa: F821


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
