"""The wrapper trick without `@njit` on the recursive helper.

A plain Python function is not pulled in.
"""

from numba.pycc import CC

cc = CC("built")


def fib(n):
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)


@cc.export("fibonacci", "int64(int64)")
def fibonacci(n):
    return fib(n)


def run(module):
    return module.fibonacci(20)
