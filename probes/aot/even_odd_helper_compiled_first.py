"""The wrapper trick for mutual recursion, with helpers that were compiled before the build.

https://github.com/numba/numba/issues/6513
"""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@cc.export("even", "boolean(int64)")
def even(n):
    return is_even(n)


is_even(2)


def run(module):
    return [module.even(10), module.even(7)]
