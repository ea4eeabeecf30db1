"""The option `fastmath` is read from a setting, which the function closes over."""

import math
import os

from numba import njit

TRUTH = "compiled"


def compiled(fast):
    @njit(cache=True, fastmath=fast)
    def is_nan(x):
        fast  # noqa: B018
        return math.isnan(x)

    return is_nan


is_nan = compiled(os.path.exists("otherwise"))


def run():
    return is_nan(float("nan"))


def change():
    open("otherwise", "w").close()
