"""Recursion over a string, which is handed down whole with the place reached."""

from numba import njit


@njit(cache=True)
def length_from(text, i):
    return 0 if i == len(text) else 1 + length_from(text, i + 1)


def run():
    return [length_from("recursion", 0), length_from("recursion", 4)]
