"""A class with a field for each argument."""

from numba import int32, int64  # noqa: F401

try:
    from numba.experimental import jitclass
except ImportError:  # before Numba 0.49
    from numba import jitclass


@jitclass([("first", int64), ("second", int64)])
class Pair:
    def __init__(self, first, second):
        self.first = first
        self.second = second
