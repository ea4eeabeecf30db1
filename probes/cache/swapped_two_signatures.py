"""Two explicit signatures of one function, each of which calls the other.

An index is asked for a signature as it was written, and a call stores it as a tuple of types.
"""

from numba import njit


@njit(["float64(int64, float64)", "float64(float64, int64)"], cache=True)
def fold(a, b):
    return a + b if a < 1 else fold(b - 1, a)


def run():
    return fold(3, 2.5)
