"""A recursive function that is itself exported.

Numba has no type for its own name inside it.
"""

from numba.pycc import CC

cc = CC("built")


@cc.export("fib", "int64(int64)")
def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


def run(module):
    return module.fib(20)
