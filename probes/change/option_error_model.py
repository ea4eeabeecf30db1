"""The option `error_model` is read from a setting, which changes."""

import os

from numba import njit

TRUTH = "compiled"
MODEL = "numpy" if os.path.exists("otherwise") else "python"


@njit(cache=True, error_model=MODEL)
def divide(a, b):
    return a / b


def run():
    try:
        return divide(1.0, 0.0)
    except ZeroDivisionError:
        return "ZeroDivisionError"


def change():
    open("otherwise", "w").close()
