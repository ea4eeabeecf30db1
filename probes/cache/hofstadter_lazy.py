"""Mutual recursion of Hofstadter's Female and Male sequences, compiled at the first call."""

from numba import njit


@njit(cache=True)
def female(n):
    return 1 if n == 0 else n - male(female(n - 1))


@njit(cache=True)
def male(n):
    return 0 if n == 0 else n - female(male(n - 1))


def run():
    return [female(15), male(15)]
