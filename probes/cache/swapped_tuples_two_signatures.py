"""Two signatures of one function, each of which calls the other, written as tuples of types."""

from numba import float64, int64, njit


@njit([(int64, float64), (float64, int64)], cache=True)
def fold(a, b):
    return a + b if a < 1 else fold(b - 1, a)


def run():
    return fold(3, 2.5)
