"""A cached function of the suite's own, to wake Numba up with: compiled once, then only loaded."""

from numba import njit


@njit(cache=True)
def nothing(n):
    return n + 1


def wake(may_compile):
    """Call it; raises RuntimeError if that compiled where only loading is allowed."""
    nothing(1)
    if sum(nothing.stats.cache_misses.values()) and not may_compile:
        raise RuntimeError("waking Numba up compiled something: this process may only load")
