"""The wrapper trick for a recursion that raises at the bottom."""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
def countdown(n):
    if n < 0:
        raise ValueError("below zero")
    return 0 if n == 0 else 1 + countdown(n - 3)


@cc.export("steps", "int64(int64)")
def steps(n):
    return countdown(n)


def run(module):
    results = [module.steps(9)]
    try:
        module.steps(10)
    except ValueError as error:
        results.append(str(error))
    return results
