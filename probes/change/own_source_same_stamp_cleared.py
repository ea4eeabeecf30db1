"""A number in the function is edited, its file has the stamp of before, and the cache is deleted."""

import os
import shutil
from pathlib import Path

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1000


def run():
    return add(1)


def change():
    here = Path(__file__)
    before = here.stat()
    here.write_text(here.read_text().replace("n + 1000", "n + 2000"))
    os.utime(__file__, ns=(before.st_atime_ns, before.st_mtime_ns))
    shutil.rmtree("__pycache__")
