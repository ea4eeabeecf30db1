"""The wrapper trick for mutual recursion, where the helper compiled first prints.

To print takes an environment, which pycc has the module bring for such a function since 0.62 only.

https://github.com/numba/numba/issues/6513
"""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def is_even(n):
    if n == 3:
        print("three", n)
    return True if n == 0 else is_odd(n - 1)


@njit
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


is_even(6)


@cc.export("odd", "boolean(int64)")
def odd(n):
    return is_odd(n)


def run(module):
    return [module.odd(4), module.odd(7)]
