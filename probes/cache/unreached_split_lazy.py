"""Workaround for a flag that cuts a cycle: a function for each of its values, and no cycle."""

from numba import njit


@njit(cache=True)
def flat_leaf(n):
    return n


@njit(cache=True)
def tree(n):
    return 0 if n == 0 else 1 + flat_leaf(n - 1)


@njit(cache=True)
def deep_leaf(n):
    return tree(n - 1)


def run():
    return [tree(5), deep_leaf(5)]
