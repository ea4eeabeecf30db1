"""No Python can read this."""
from numba.pycc import CC

cc = CC("built_module"


def run(module):
    return 1
