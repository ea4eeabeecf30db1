"""What Python can count to and 64 bits cannot."""
from numba import njit


@njit(cache=True)
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def run():
    return factorial(25)
