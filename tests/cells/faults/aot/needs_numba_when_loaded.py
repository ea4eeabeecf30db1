"""Imports Numba where it must not be needed."""
from numba.pycc import CC

cc = CC("built_module")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    import numba

    return module.double(len(numba.__name__))
