"""A default argument omitted, and in a later run another type: a new call of a stored function.

https://github.com/numba/numba/issues/6061
"""

import numpy as np
from numba import njit


@njit(cache=True)
def fact(n, result=1):
    return result if n < 2 else fact(n - 1, result * n)


def run():
    value = fact(10)
    ran_before = hasattr(fact, "stats") and fact.stats.cache_hits
    return fact(10, np.int32(1)) if ran_before else value
