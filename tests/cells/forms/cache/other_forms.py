"""stencil, and what else is left in the way of running as plain Python."""

import numba
import numpy as np
from numba import jit, njit, prange, stencil
from numba.extending import register_jitable
from numba.stencils.stencil import stencil as by_another_name


def cross(a):
    return 0.25 * (a[0, 1] + a[1, 0] + a[0, -1] + a[-1, 0])


def window(a):
    total = 0.0
    for i in range(-2, 1):
        total += a[i]
    return total


def weighted(a, b, w):
    return a[-1] * w[0] + b[1] * w[1]


A = np.arange(12.0).reshape(3, 4)
LINE = np.arange(6.0)
STENCILS = {
    "bare": stencil(cross),
    "called": stencil()(cross),
    "a mode": stencil("constant")(cross),
    "a value at the edge": stencil(cval=-1.0)(cross),
    "another name": by_another_name(cross),
}
WINDOW = stencil(neighborhood=((-2, 0),), cval=1.5)(window)
WEIGHTED = stencil(standard_indexing=("w",))(weighted)


@njit
def within(a):
    return STENCIL(a)


STENCIL = STENCILS["bare"]


@register_jitable(inline="always")
def one_more(n):
    return n + 1


@njit(["i8(i8)", numba.float64(numba.float64)], inline="never")
def by_signatures(n):
    total = n * 0
    for i in prange(4):
        total += one_more(i)
    return total


@jit("i8(i8)", nopython=True)
def by_string(n):
    return n + 1


def run():
    shown = {name: form(A) for name, form in STENCILS.items()}
    shown["a window"] = WINDOW(LINE)
    shown["weighted"] = WEIGHTED(LINE, LINE * 10, np.array([1.0, 2.0]))
    shown["within"] = within(A)
    shown["into"] = [STENCIL(A, out=np.ones_like(A)), WINDOW(LINE, out=np.zeros(6))]
    shown["signatures"] = [by_signatures(1), by_signatures(1.5), by_string(2)]
    return shown
