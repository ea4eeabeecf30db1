"""The folder of the cache is gone, and none can be made beside the file or in the home."""

import os
import shutil

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    shutil.rmtree("__pycache__")
    os.chmod("home", 0o500)
    os.chmod(".", 0o500)
