"""A loop in object mode, which Numba lifts out and compiles; no recursion.

https://github.com/numba/numba/pull/1051
"""

from numba import jit


@jit(forceobj=True, looplift=True, cache=True)
def total(n):
    found = 0
    for i in range(n):
        found += i
    return {"total": found}


def run():
    return total(10)
