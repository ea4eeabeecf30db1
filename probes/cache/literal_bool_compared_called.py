"""Workaround for a literal flag.

A comparison in its place, whose result is an ordinary bool.
"""

from numba import njit


@njit(cache=True)
def best(values, at, maximise):
    if at >= len(values):
        return values[at - len(values)]
    left = best(values, 2 * at, not maximise)
    right = best(values, 2 * at + 1, not maximise)
    return max(left, right) if maximise else min(left, right)


@njit(cache=True)
def minimax(values, root):
    return best(values, root, root > 0)


def run():
    return minimax((3, 12, 8, 2, 4, 6, 14, 5), 1)
