"""Workaround for a default argument.

The export passes it as well, as a number that is not a literal.
"""

import numpy as np
from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def fact(n, result=1):
    return result if n < 2 else fact(n - 1, result * n)


@cc.export("factorial", "int64(int64)")
def factorial(n):
    return fact(n, np.int64(1))


def run(module):
    return module.factorial(10)
