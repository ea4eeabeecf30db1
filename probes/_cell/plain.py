"""Plain Python in place of what NUMBA_DISABLE_JIT leaves compiled: vectorize, guvectorize, cfunc.

In: a process with NUMBA_DISABLE_JIT=1, before the probe is imported. Out: decorators in Numba's
place whose functions are called as Numba's would be, and run as Python.
"""

import importlib


def replace_compiling_decorators():
    """Put the stand-ins into the numba module."""
    numba = importlib.import_module("numba")
    numba.vectorize = vectorize
    numba.guvectorize = guvectorize
    numba.cfunc = cfunc


def vectorize(*signatures, **options):
    """Element by element over broadcast arguments, like the ufunc."""
    from numpy import vectorize as element_by_element

    if signatures and callable(signatures[0]):
        return element_by_element(signatures[0])
    return element_by_element


def guvectorize(signatures, layout, **options):
    """The kernel itself: called with its output arrays, it fills them as the gufunc does.

    Without output arrays only layouts with one output of its first input's shape can be called.
    """
    inputs = layout.partition("->")[0].count("(")

    def decorate(kernel):
        def gufunc(*arrays):
            import numpy

            given = [numpy.asarray(array) for array in arrays]
            if len(given) == inputs:
                given.append(numpy.empty_like(given[0]))
            kernel(*given)
            return given[-1]

        return gufunc

    return decorate


def cfunc(signature, **options):
    """The function itself, also under the name that ctypes would call it by."""

    def decorate(function):
        function.ctypes = function
        return function

    return decorate
