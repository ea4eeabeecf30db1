"""Recursion that raises at the bottom: the exception has to travel up through every level."""

from numba import njit


@njit(cache=True)
def countdown(n):
    if n < 0:
        raise ValueError("below zero")
    return 0 if n == 0 else 1 + countdown(n - 3)


def run():
    results = [countdown(9)]
    try:
        countdown(10)
    except ValueError as error:
        results.append(str(error))
    return results
