"""What an option depends on chooses between two functions, each with its own."""

import math
import os

from numba import njit

TRUTH = "compiled"


@njit(cache=True)
def is_nan(x):
    return math.isnan(x)


@njit(cache=True, fastmath=True)
def is_nan_fast(x):
    return math.isnan(x)


def run():
    nan = float("nan")
    return is_nan_fast(nan) if os.path.exists("otherwise") else is_nan(nan)


def change():
    open("otherwise", "w").close()
