"""Every way to write vectorize, and to call what it makes."""

import numba
import numpy as np
from numba import float32, float64, int64, vectorize
from numba.np.ufunc import vectorize as by_another_name


def halved(a, b):
    return a / 2 + b


def first_is_whole(a):
    if a < 1:
        return 0
    return a / 2


A = np.arange(6).reshape(2, 3)
ONE = np.array([1.5, 2.5, 3.5])
FORMS = {
    "bare": vectorize(halved),
    "called": vectorize()(halved),
    "a string": vectorize("float64(float64, float64)")(halved),
    "strings": vectorize(["float32(float32, float32)", "f8(f8, f8)"])(halved),
    "signatures": vectorize([float64(float64, float64)], nopython=True)(halved),
    "a tuple": vectorize((float32(float32, float32), float64(float64, float64)))(halved),
    "options": vectorize(target="cpu", identity=0)(halved),
    "parallel": vectorize(["f8(f8, f8)"], target="parallel")(halved),
    "another name": by_another_name(["f8(f8, f8)"])(halved),
    "through numba": numba.vectorize(["f8(f8, f8)"], identity=0)(halved),
}


@vectorize([int64(int64, int64)], identity=0)
def add(a, b):
    return a + b


@vectorize(["b1(f8)"])
def positive(a):
    return a > 0


def run():
    shown = {name: [form(A, ONE), form(2.0, 3.0)] for name, form in FORMS.items()}
    out = np.zeros((2, 3))
    FORMS["strings"](A, ONE, out)
    shown["into an array"] = out
    shown["by keyword"] = FORMS["strings"](A, ONE, out=np.zeros((2, 3)))
    shown["in single"] = str(FORMS["strings"](ONE.astype("f4"), ONE.astype("f4")).dtype)
    shown["whole at first"] = vectorize(["f8(f8)"])(first_is_whole)(ONE - 1.5)
    shown["reduced"] = [add.reduce(A), add.reduce(A, axis=1), add.reduce(A[:0])]
    shown["accumulated"] = add.accumulate(A, axis=1)
    shown["outer"] = add.outer(A[0], A[1])
    at = np.zeros(3, np.int64)
    add.at(at, [0, 0, 2], 5)
    shown["at"] = at
    shown["bools"] = [positive(ONE - 2), positive(-1.0)]
    shown["counts"] = [add.nin, add.nout]
    return shown
