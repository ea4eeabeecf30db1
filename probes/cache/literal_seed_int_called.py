"""A literal seed written `int(1)`, which older releases evaluate to a literal again."""

from numba import njit


@njit(cache=True)
def fact(n, result):
    return result if n < 2 else fact(n - 1, result * n)


@njit(cache=True)
def factorial(n):
    return fact(n, int(1))


def run():
    return factorial(10)
