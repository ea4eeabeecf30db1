"""The option `inline` is read from a setting, which changes."""

import os

from numba import njit

TRUTH = "same"
INLINE = "always" if os.path.exists("otherwise") else "never"


@njit(inline=INLINE)
def step():
    return 1


@njit(cache=True)
def add(n):
    return n + step()


def run():
    return add(1)


def change():
    open("otherwise", "w").close()
