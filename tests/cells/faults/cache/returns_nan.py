"""JSON has no word for what is not a number."""
from numba import njit


@njit(cache=True)
def root(x):
    return x - x


def run():
    return [root(float("inf")), float("inf"), -float("inf")]
