"""A second signature is stored while somebody removes the index, and then mixes up the data files."""

import os

from numba import njit

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__")


@njit(cache=True)
def increment(x):
    return x + 1


@njit(cache=True)
def negative(x):
    return -x


def before():
    increment(1)
    negative(1)


def run():
    return increment(1.5)


def other():
    if negatives:
        os.unlink(data.replace("1.nbc", "nbi"))
        os.replace(negatives[0], data)


names = sorted(os.listdir(CACHE)) if os.path.isdir(CACHE) else []
negatives = [os.path.join(CACHE, n) for n in names if "negative" in n and n.endswith(".1.nbc")]
data = "".join(os.path.join(CACHE, n) for n in names if "increment" in n and n.endswith(".1.nbc"))
