"""Every way to write guvectorize, and to call what it makes."""

import numpy as np
from numba import float64, guvectorize, int64, void
from numba.np.ufunc.decorators import guvectorize as by_another_name


def powers(x, out_like, out):
    for i in range(out_like.shape[0]):
        out[i] = out_like[i] * x


def powers_of_first(x, out_like, out):
    for i in range(out_like.shape[0]):
        out[i] = out_like[i] * x[0]


def total(a, out):
    out[0] = 0
    for i in range(a.shape[0]):
        out[0] += a[i]


A = np.arange(6.0).reshape(2, 3)
TYPES = ["void(f8, f8[:], f8[:])"]
LAYOUT = "(),(k)->(k)"
STATIC = {
    "strings": guvectorize(TYPES, LAYOUT)(powers),
    "a string": guvectorize("void(f8, f8[:], f8[:])", LAYOUT)(powers),
    "signatures": guvectorize([void(float64, float64[:], float64[:])], LAYOUT)(powers),
    "a tuple": guvectorize(
        [(int64, int64[:], int64[:]), (float64, float64[:], float64[:])], LAYOUT
    )(powers),
    "options": guvectorize(TYPES, LAYOUT, nopython=True, target="cpu", identity=None)(powers),
    "parallel": guvectorize(TYPES, LAYOUT, target="parallel")(powers),
    "another name": by_another_name(TYPES, LAYOUT)(powers),
    "a number as an array": guvectorize(["void(f8[:], f8[:], f8[:])"], LAYOUT)(powers_of_first),
    "blanks": guvectorize(TYPES, "( ), (k) -> (k)")(powers),
}
DYNAMIC = {
    "layout alone": guvectorize(LAYOUT)(powers),
    "and options": guvectorize(LAYOUT, nopython=True)(powers),
}


@guvectorize(["void(f8[:,:], f8[:,:], f8[:,:])"], "(m,n),(n,p)->(m,p)")
def product(a, b, out):
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]


@guvectorize(["void(f8[:], f8[:], f8[:])"], "(n)->(),()")
def ends(a, first, last):
    first[0] = a[0]
    last[0] = a[-1]


@guvectorize(["void(f8[:], f8[:])"], "()->()")
def twice(a, out):
    out[0] = a[0] * 2


@guvectorize(["void(f8[:], f8[:])"], "(n)->(n)", writable_args=(0,))
def clear(a, out):
    for i in range(a.shape[0]):
        out[i] = a[i]
        a[i] = 0


@guvectorize(["(f8[:], f8[:])"], "(n),(k)", nopython=True)
def copy(a, out):
    a.sort()
    for i in range(a.shape[0]):
        out[i] = a[i]


add_up = guvectorize(["void(f8[:], f8[:])", "void(i8[:], i8[:])"], "(n)->()")(total)


def run():
    shown = {}
    for name, form in STATIC.items():
        shown[name] = [form(2.0, A[0]), form(np.array([1.0, 2.0]), A), form(3, A)]
    for name, form in DYNAMIC.items():
        out, by_keyword = np.zeros_like(A), np.zeros_like(A)
        form(np.array([1.0, 2.0]), A, out)
        form(2.0, A, out=by_keyword)
        shown[name] = [out, by_keyword]
    shown["product"] = [product(A, A.T), product(np.ones((4, 2, 3)), A.T)]
    shown["two outputs"] = [ends(A), ends(A[0])]
    shown["an element"] = [twice(A), twice(4.0)]
    shown["sums"] = [add_up(A), add_up(np.arange(4)), add_up(A[0])]
    shown["whole"] = str(add_up(np.arange(4)).dtype)
    emptied = A.copy()
    shown["written"] = [clear(emptied), emptied]
    mixed, out = A[:, ::-1].copy(), np.zeros((2, 5))
    copy(mixed, out)
    shown["without outputs"] = [mixed, out]
    out = np.zeros(2)
    shown["into"] = [add_up(A, out), out, add_up(A, out=out)]
    return shown
