"""Puts its cache where every run and every probe can reach it, through a link."""
import os
import shutil
import tempfile

from numba import njit

SHARED = tempfile.mkdtemp(dir=os.path.dirname(tempfile.gettempdir()))
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")
if not os.path.islink(HERE):
    shutil.rmtree(HERE, ignore_errors=True)
    os.symlink(SHARED, HERE)


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(2)
