"""Nothing is wrong with this one, only beside it."""
from numba.pycc import CC

cc = CC("built_module")


@cc.export("double", "int64(int64)")
def double(n):
    return 2 * n


def run(module):
    return module.double(21)
