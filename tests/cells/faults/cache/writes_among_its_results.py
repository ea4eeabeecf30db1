"""Writes what is no result into the file its results go to."""

import glob
import os
import tempfile

from numba import njit

LINES = [b"[1]", b"null", b"{", b"\xff", b"[" * 100000, b'{"value": NaN}', b"1" * 10000]


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    results = os.path.join(tempfile.gettempdir(), "results", "cache", "writes_among_its_results.*")
    for path in glob.glob(results):
        with open(path, "ab") as file:
            file.write(b"\n".join(LINES) + b"\n")
    return double(2)
