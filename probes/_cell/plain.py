"""Plain Python in place of what NUMBA_DISABLE_JIT leaves compiled, or leaves unusable.

In: a process with NUMBA_DISABLE_JIT=1, before the probe is imported. Out: decorators in Numba's
place, in every module that has them, whose functions are called as Numba's would be, and run as
Python.
"""

import ctypes
import functools
import importlib
import inspect
import itertools
import re
import sys

import counters


def replace_compiling_decorators():
    """Put the stand-ins wherever a module of Numba's has the original."""
    numba = importlib.import_module("numba")
    for stand_in in (vectorize, guvectorize, cfunc, stencil, generated_jit):
        name = stand_in.__name__
        original = getattr(numba, name, stand_in)
        if original is stand_in:
            # It has no such thing; or the parent of this process has seen to it.
            continue
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is original:
                setattr(module, name, stand_in)


def parsed(signatures):
    """The (argument types, return type) of each of the signatures that a decorator was given."""
    sigutils = counters.numba_module("numba.core.sigutils", "numba.sigutils")
    given = [signatures] if isinstance(signatures, str) else signatures
    return [sigutils.normalize_signature(signature) for signature in given]


def dtype_of(numba_type):
    """The NumPy type of a type of Numba's: of an array, that of its elements."""
    support = counters.numba_module("numba.np.numpy_support", "numba.numpy_support")
    return support.as_dtype(getattr(numba_type, "dtype", numba_type))


def fitting(signatures, given):
    """The signature whose arguments are just what is given, else the first that can hold it, or None.

    As NumPy does, a Python number beside an array takes on its precision.
    """
    import numpy

    numbers = [type(one) in (bool, int, float, complex) for one in given]
    weak = [number and not all(numbers) for number in numbers]
    dtypes = [numpy.asarray(one).dtype for one in given]

    def fits(signature, holds):
        wanted = [dtype_of(one) for one in signature[0]]
        return all(holds(*one) for one in zip(dtypes, wanted, weak))

    def is_it(dtype, wanted, is_weak):
        return dtype == wanted or (is_weak and dtype.kind == wanted.kind)

    def can_be(dtype, wanted, is_weak):
        kinds = "biufc"
        return numpy.can_cast(dtype, wanted) or (
            is_weak and kinds.find(dtype.kind) <= kinds.find(wanted.kind)
        )

    found = (one for holds in (is_it, can_be) for one in signatures if fits(one, holds))
    return next(found, None)


def vectorize(ftylist_or_function=(), **options):
    """Element by element over broadcast arguments, like the ufunc."""
    if inspect.isfunction(ftylist_or_function):
        return Elementwise(ftylist_or_function, (), options)
    return lambda function: Elementwise(function, parsed(ftylist_or_function), options)


class Elementwise:
    """A ufunc of Python objects, whose results have the type that the compiled one's would have."""

    def __init__(self, function, signatures, options):
        import numpy

        functools.update_wrapper(self, function)
        self.ufunc = numpy.frompyfunc(function, function.__code__.co_argcount, 1)
        self.signatures = signatures
        self.identity = options.get("identity")

    def typed(self, result, given):
        import numpy

        chosen = fitting(self.signatures, given)
        dtype = dtype_of(chosen[1]) if chosen else None
        if not isinstance(result, numpy.ndarray):
            return numpy.array(result, dtype)[()]
        return numpy.array(result.tolist(), dtype).reshape(result.shape)

    def __call__(self, *given, **options):
        out = options.pop("out", None)
        given, more = given[: self.ufunc.nin], given[self.ufunc.nin :]
        out = (more or out if isinstance(out, tuple) else more or (out,))[0]
        result = self.typed(self.ufunc(*given, **options), given)
        if out is None:
            return result
        out[...] = result
        return out

    def reduce(self, array, *rest, **options):
        if isinstance(self.identity, int):
            options.setdefault("initial", self.identity)
        return self.by_method("reduce", array, *rest, **options)

    def at(self, array, indices, *more):
        changed = array.astype(object)
        self.ufunc.at(changed, indices, *more)
        array[...] = changed

    def by_method(self, name, array, *rest, **options):
        import numpy

        objects = numpy.asarray(array).astype(object)
        result = getattr(self.ufunc, name)(objects, *rest, **options)
        return self.typed(result, [array] * self.ufunc.nin)

    def __getattr__(self, name):
        if name in ("accumulate", "reduceat", "outer"):
            return functools.partial(self.by_method, name)
        return getattr(self.__dict__["ufunc"], name)


def guvectorize(*given, **options):
    """The kernel for each of the broadcast arguments' parts, like the gufunc."""
    layout = options.get("signature") or given[-1]
    signatures = options.get("ftylist", given[0] if given[:1] != (layout,) else ())
    return lambda kernel: Generalised(kernel, layout, parsed(signatures))


class Generalised:
    """A gufunc of plain Python: what is not passed for an output is made."""

    def __init__(self, kernel, layout, signatures):
        functools.update_wrapper(self, kernel)
        self.kernel, self.signature, self.signatures = kernel, layout, signatures
        # Without an arrow all arguments are inputs, and the kernel writes to what it likes.
        sides = [re.findall(r"\(([^)]*)\)", side) for side in layout.partition("->")[::2]]
        self.nin, self.nout = map(len, sides)
        self.cores = [re.findall(r"\w+", core) for core in itertools.chain(*sides)]

    def __call__(self, *given, **options):
        import numpy

        out = options.pop("out", ())
        if options:
            raise TypeError("not known in plain Python: {}".format(", ".join(options)))
        given += out if isinstance(out, tuple) else (out,)
        chosen = fitting(self.signatures, given[: self.nin])
        types = chosen[0] if chosen else [None] * len(self.cores)
        arrays = [
            numpy.asarray(one, dtype_of(wanted) if wanted is not None else None)
            for one, wanted in zip(given[: self.nin], types)
        ]
        arrays += given[self.nin :]
        loop, sizes = self.shape(arrays)
        for core, wanted in list(zip(self.cores, types))[len(arrays) :]:
            dtype = numpy.result_type(*arrays) if wanted is None else dtype_of(wanted)
            arrays.append(numpy.zeros(loop + tuple(sizes[name] for name in core), dtype))
        self.fill(arrays, types, loop)
        made = tuple(array[()] for array in arrays[self.nin :])
        return made[0] if self.nout == 1 else made

    def shape(self, arrays):
        """The shape of the loop, and the size of each dimension that the layout names."""
        import numpy

        sizes = {name: int(name) for core in self.cores for name in core if name.isdigit()}
        loops = [numpy.broadcast_to(True, ())]
        for array, core in zip(arrays, self.cores):
            outer = array.ndim - len(core)
            for name, size in zip(core, array.shape[max(outer, 0) :]):
                if outer < 0 or sizes.setdefault(name, size) != size:
                    raise ValueError("{}: {} does not fit".format(self.signature, array.shape))
            loops.append(numpy.broadcast_to(True, array.shape[:outer]))
        return numpy.broadcast(*loops).shape, sizes

    def fill(self, arrays, types, loop):
        import numpy

        views = []
        for i, (array, core, wanted) in enumerate(zip(arrays, self.cores, types)):
            full = loop + array.shape[array.ndim - len(core) :]
            view = array if array.shape == full else numpy.broadcast_to(array, full)
            # A number is written to, and where an array is asked for also read, as its one element.
            scalar = not core and i < self.nin and not hasattr(wanted, "ndim")
            views.append((view if core or scalar else view[..., None], scalar))
        for index in numpy.ndindex(*loop):
            self.kernel(*(v[index].item() if scalar else v[index] for v, scalar in views))


def cfunc(signature, *_, **options):
    """The function itself, also under the name and the address that C would call it by."""

    def decorate(function):
        ((types, returned),) = parsed([signature])
        names = "numba.core.typing.ctypes_utils", "numba.typing.ctypes_utils"
        in_c = counters.numba_module(*names).to_ctypes
        try:
            prototype = ctypes.CFUNCTYPE(in_c(returned), *map(in_c, types))
        except (TypeError, NotImplementedError):
            function.ctypes = function  # of types that C has and ctypes has not
        else:
            function.ctypes = prototype(function)
            function.address = ctypes.cast(function.ctypes, ctypes.c_void_p).value
        return function

    return decorate


def generated_jit(function=None, **options):
    """The implementation for the types of the arguments, chosen at each call."""
    if function is None:
        return generated_jit
    numba = importlib.import_module("numba")

    @functools.wraps(function)
    def call(*given):
        return function(*map(numba.typeof, given))(*given)

    return call


class Around:
    """An array as a stencil sees it from one point; notes how far it looks along each axis."""

    def __init__(self, array, seen):
        self.array, self.seen, self.point = array, seen, None

    def __getitem__(self, offset):
        offset = offset if isinstance(offset, tuple) else (offset,)
        for axis, step in enumerate(offset):
            low, high = self.seen[axis]
            self.seen[axis] = min(low, step), max(high, step)
        where = zip(self.point, offset, self.array.shape)
        return self.array[tuple((at + step) % size for at, step, size in where)]


def stencil(func_or_mode="constant", **options):
    """The kernel at every point but those at the edges that it would look beyond."""
    if not inspect.isfunction(func_or_mode):
        return lambda kernel: stencil(kernel, **options)
    kernel = func_or_mode

    @functools.wraps(kernel)
    def call(*given, **more):
        import numpy

        shape, names = given[0].shape, inspect.signature(kernel).parameters
        standard = options.get("standard_indexing", ())
        seen = list(options.get("neighborhood", [(0, 0)] * len(shape)))
        views = [
            Around(one, seen) if isinstance(one, numpy.ndarray) and name not in standard else one
            for one, name in zip(given, names)
        ]
        results = numpy.empty(shape, object)
        for point in numpy.ndindex(*shape):
            for view in views:
                if isinstance(view, Around):
                    view.point = point
            results[point] = kernel(*views)
        values = numpy.array(results.tolist())
        out = more.get("out")
        if out is None:
            out = numpy.full(shape, options.get("cval", 0), values.dtype)
        elif "cval" in options:
            out[...] = options["cval"]
        inner = tuple(slice(max(-low, 0), n - max(high, 0)) for (low, high), n in zip(seen, shape))
        out[inner] = values[inner]
        return out

    return call
