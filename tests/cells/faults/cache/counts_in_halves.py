"""Puts another object where Numba counts."""

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


class Stats:
    cache_hits = {"a": 1.5}
    cache_misses = {}


class Counting:
    stats = Stats
    inspect_llvm = py_func = None
    signatures = ()


counting = Counting()


def run():
    return double(2)
