"""Mutual recursion in a process that finds the cache filled by another, which had no patch.

https://github.com/numba/numba/issues/6061
"""

import subprocess
import sys

from numba import njit


@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def run():
    if hasattr(is_even, "stats"):  # plain Python has no cache to fill
        other = "import {0}; {0}.is_even(2)".format(__name__)
        subprocess.run([sys.executable, "-c", other], check=False)
    return [is_even(10), is_even(7)]
