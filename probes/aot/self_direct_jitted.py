"""A recursive function that is exported and then jitted under its own name.

The export finds the jitted one.

https://github.com/numba/numba/issues/3632
"""

from numba import njit
from numba.pycc import CC

cc = CC("built")


@njit
@cc.export("fibonacci", "int64(int64)")
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


def run(module):
    return module.fibonacci(20)
