"""Caches where a later run would find it."""

import os
import tempfile

from numba import config, njit

config.CACHE_DIR = os.path.join(tempfile.gettempdir(), "elsewhere")


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(2)
