"""A callee in another file is edited, and its caller closes over the digest of that file.

Of every file that is reached, through others too, the digest is wanted.
"""

import hashlib
from pathlib import Path

import _callee
from _callee import step
from numba import njit


def keyed(digest):
    @njit(cache=True)
    def add(n):
        digest  # noqa: B018
        return n + step()

    return add


add = keyed(hashlib.sha256(Path(_callee.__file__).read_bytes()).hexdigest())


def run():
    return add(1)


def change():
    callee = Path("_callee.py")
    callee.write_text(callee.read_text().replace("return 1", "return 10"))
