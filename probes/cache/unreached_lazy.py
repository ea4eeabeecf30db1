"""A literal flag cuts a cycle in two: the call back is compiled, and never reached.

Before releases that know `Literal[bool]` it stays in the code.
"""

from numba import njit


@njit(cache=True)
def leaf(n, is_deep):
    return tree(n - 1) if is_deep else n


@njit(cache=True)
def tree(n):
    return 0 if n == 0 else 1 + leaf(n - 1, False)


def run():
    return [tree(5), leaf(5, True)]
