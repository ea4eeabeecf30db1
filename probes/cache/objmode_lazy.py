"""An `objmode` block in a cached function; no recursion.

https://github.com/numba/numba/issues/7572
"""

from numba import njit, objmode


@njit(cache=True)
def with_digits(n):
    with objmode(digits="int64"):
        digits = len(str(n))
    return n + digits


def run():
    return with_digits(100)
