"""No recursion, compiled at the definition by an explicit signature."""

from numba import njit


@njit("int64(int64, int64)", cache=True)
def area(width, height):
    return width * height


def run():
    return area(6, 7)
