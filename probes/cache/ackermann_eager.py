"""Ackermann's function with an explicit signature.

Its own call with a literal is not cast to it.
"""

from numba import njit


@njit("int64(int64, int64)", cache=True)
def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


def run():
    return ack(2, 3)
