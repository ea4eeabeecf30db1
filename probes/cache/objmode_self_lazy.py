"""Self-recursion with an `objmode` block.

https://github.com/numba/numba/issues/3370
"""

from numba import njit, objmode


@njit(cache=True)
def total(n):
    if n == 0:
        return 0
    with objmode(digits="int64"):
        digits = len(str(n))
    return digits + total(n - 1)


def run():
    return total(12)
