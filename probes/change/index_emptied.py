"""The index file is emptied, as by a machine that went down while it was written."""

from pathlib import Path

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    for path in Path("__pycache__").glob("*.nbi"):
        path.write_bytes(b"")
