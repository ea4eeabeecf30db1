"""Recursion that never ends.

Where Python raises RecursionError, compiled code runs off the end of the stack.

https://github.com/numba/numba/issues/10014
"""

from numba import njit


@njit(cache=True)
def forever(n):
    return 0 if n < 0 else 1 + forever(n + 1)


def run():
    try:
        return forever(1)
    except RecursionError:
        return "too deep"
