"""Every way to write cfunc, and to call what it makes."""

import ctypes

import numpy as np
from numba import carray, cfunc, float64, types


def half(x):
    return x / 2


def total(pointer, n):
    values = carray(pointer, n)
    sum_of_all = 0.0
    for i in range(n):
        sum_of_all += values[i]
    return sum_of_all


FORMS = {
    "a string": cfunc("float64(float64)")(half),
    "a signature": cfunc(float64(float64))(half),
    "options": cfunc("f8(f8)", nopython=True)(half),
}
summing = cfunc(types.double(types.CPointer(types.double), types.intc))(total)


def run():
    shown = {name: [form(3.0), form.ctypes(5)] for name, form in FORMS.items()}
    prototype = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    shown["by address"] = prototype(FORMS["options"].address)(7)
    values = np.arange(4.0)
    pointer = values.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    shown["a pointer"] = summing.ctypes(pointer, 4)
    return shown
