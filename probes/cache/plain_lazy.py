"""No recursion, compiled at the first call.

The baseline that every cache probe is held against.
"""

from numba import njit


@njit(cache=True)
def area(width, height):
    return width * height


def run():
    return area(6, 7)
