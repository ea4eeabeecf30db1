"""Mutual recursion of two functions that are both exported.

Neither has a type for the other's name.
"""

from numba.pycc import CC

cc = CC("built")


@cc.export("is_even", "boolean(int64)")
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@cc.export("is_odd", "boolean(int64)")
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run(module):
    return [module.is_even(10), module.is_even(7)]
