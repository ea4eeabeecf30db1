"""Self-recursion that returns an int at the bottom and a float above.

One function, one return type.

https://github.com/numba/numba/issues/8882
"""

from numba import njit


@njit(cache=True)
def half(n):
    return 1 if n == 0 else 0.5 * half(n - 1)


def run():
    return half(3)
