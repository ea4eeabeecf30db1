"""Workaround for mutual recursion.

Hofstadter's two sequences folded into one function with a tag.
"""

from numba import njit

FEMALE, MALE = 0, 1


@njit("int64(int64, int64)", cache=True)
def sequence(which, n):
    if n == 0:
        return 1 if which == FEMALE else 0
    return n - sequence(1 - which, sequence(which, n - 1))


def run():
    return [sequence(FEMALE, 15), sequence(MALE, 15)]
