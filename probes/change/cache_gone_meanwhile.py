"""The folder of the cache is deleted once the next process has looked for it, before it compiles."""

import os
import shutil

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


if os.path.exists("to-be-deleted"):
    os.rename("to-be-deleted", "deleted")
    shutil.rmtree("__pycache__")


def run():
    return add(1)


def change():
    open("to-be-deleted", "w").close()
