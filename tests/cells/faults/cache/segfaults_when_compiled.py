"""Reads address 0, but only where Numba compiles."""
import ctypes

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return double(2) if config.DISABLE_JIT else ctypes.string_at(0).decode()
