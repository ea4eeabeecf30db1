"""Workaround for a recursion that may never end: it counts its depth and raises.

https://github.com/numba/numba/issues/10014
"""

from numba import njit


@njit(cache=True)
def forever(n, depth):
    if depth > 500:
        raise ValueError("too deep")
    return 0 if n < 0 else 1 + forever(n + 1, depth + 1)


def run():
    try:
        return forever(1, 0)
    except ValueError as error:
        return str(error)
