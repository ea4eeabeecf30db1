"""What Python can count to and 64 bits cannot."""
from numba.pycc import CC

cc = CC("built_module")


@cc.export("power", "int64(int64)")
def power(n):
    return 2**62 * n


def run(module):
    return module.power(5)
