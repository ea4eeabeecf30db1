"""Refuses to be built by a process in which Numba seems to have compiled something before."""

from numba.core.runtime import rtsys
from numba.pycc import CC

if rtsys._init:
    raise RuntimeError("Numba has been at work in this process")

cc = CC("built")


@cc.export("twice", "int64(int64)")
def twice(n):
    return 2 * n


def run(module):
    return module.twice(21)
