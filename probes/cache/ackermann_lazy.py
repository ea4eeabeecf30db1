"""Ackermann's function, which calls itself with a literal: `ack(m - 1, 1)`."""

from numba import njit


@njit(cache=True)
def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


def run():
    return ack(2, 3)
