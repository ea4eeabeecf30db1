"""A stencil called from Python is compiled in every process, by another way than a function."""
import numpy
from numba import njit, stencil


@njit(cache=True)
def double(n):
    return 2 * n


@stencil
def sum_of_three(a):
    return a[-1] + a[0] + a[1]


def run():
    return double(2), sum_of_three(numpy.arange(5.0))
