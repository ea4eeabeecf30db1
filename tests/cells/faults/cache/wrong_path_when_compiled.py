"""Returns another path once compiled: only what lies between its ends differs."""

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    return "/{}/answer{}".format("right/road" if config.DISABLE_JIT else "wrong/alley", double(1))
