"""Two processes start a recursion with arguments of different types: each compiles its own specialisation."""

from numba import njit


@njit(cache=True)
def total(n, x):
    return x if n == 0 else total(n - 1, x + n)


def run():
    return total(3, 0.5)


def other():
    return total(3, 2)
