"""The option `fastmath` is read from a setting, which changes."""

import math
import os

from numba import njit

TRUTH = "compiled"
FAST = os.path.exists("otherwise")


@njit(cache=True, fastmath=FAST)
def is_nan(x):
    return math.isnan(x)


def run():
    return is_nan(float("nan"))


def change():
    open("otherwise", "w").close()
