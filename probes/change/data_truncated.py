"""The data file is cut in half, as by a disk that was full."""

from pathlib import Path

from numba import njit

TRUTH = "same"


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    for path in Path("__pycache__").glob("*.nbc"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
