"""A callee in another file is edited, and the cache deleted."""

import shutil
from pathlib import Path

from _callee import step
from numba import njit


@njit(cache=True)
def add(n):
    return n + step()


def run():
    return add(1)


def change():
    callee = Path("_callee.py")
    callee.write_text(callee.read_text().replace("return 1", "return 10"))
    shutil.rmtree("__pycache__")
