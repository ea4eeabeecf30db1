"""None can be made beside the file or in the home; `NUMBA_CACHE_DIR` names another folder."""

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
    os.mkdir("cache")
    os.chmod(".", 0o500)
    return {"NUMBA_CACHE_DIR": "cache"}
