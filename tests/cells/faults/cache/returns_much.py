"""Returns twenty megabytes, but as plain Python two bytes."""

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return "x" * double(1) * (1 if config.DISABLE_JIT else 10**7)
