"""The fields of a record change places."""

import os

import numpy as np
from numba import njit

FIELDS = [("first", "i8"), ("second", "i8")]
DTYPE = np.dtype(FIELDS[::-1] if os.path.exists("other-order") else FIELDS)


@njit(cache=True)
def first(records):
    return records[0]["first"]


def run():
    return first(np.array([(1, 2)], DTYPE))


def change():
    open("other-order", "w").close()
