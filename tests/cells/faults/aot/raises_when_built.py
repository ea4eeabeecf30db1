"""Python can add a number to a string it never meets; Numba cannot type it."""
from numba.pycc import CC

cc = CC("built_module")


@cc.export("choose", "int64(int64)")
def choose(n):
    return n if n > 0 else "none"


def run(module):
    return module.choose(1)
