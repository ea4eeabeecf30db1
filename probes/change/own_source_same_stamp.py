"""An operator in the function is edited, and its file has the size and the time of before, as some installers do."""

import os
from pathlib import Path

from numba import njit


@njit(cache=True)
def add(n):
    return n + 1


def run():
    return add(1)


def change():
    here = Path(__file__)
    before = here.stat()
    here.write_text(here.read_text().replace("n + 1", "n - 1"))
    os.utime(__file__, ns=(before.st_atime_ns, before.st_mtime_ns))
