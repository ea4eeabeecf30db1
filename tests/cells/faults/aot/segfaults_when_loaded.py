"""Reads address 0, but only where Numba is not there."""
import ctypes
import sys

from numba.pycc import CC

cc = CC("built_module")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    if "numba" not in sys.modules:
        ctypes.string_at(0)
    return module.double(2)
