"""The loop is a cached function of its own, which plain Python calls."""

from numba import njit


@njit(cache=True)
def sum_below(n):
    found = 0
    for i in range(n):
        found += i
    return found


def total(n):
    return {"total": sum_below(n)}


def run():
    return total(10)
