# SPDX-License-Identifier: BSD-2-Clause
"""What Numba compiles in this process, watched: what it would store, and which calls it left open.

A call into a function that is still being compiled is lowered to a call through an *open symbol*,
`.numba.unresolved$NAME`, which only this process fills in. From `install()` on no cache is read
or written: all is compiled afresh, what would be stored is pickled, looked into and dropped.

CPython 3.6 or newer, the standard library and Numba 0.48 or newer.
"""

import functools
import importlib
import importlib.util
import inspect
import pickle
import re
import sys

OPEN = ".numba.unresolved$"  # RuntimeLinker.PREFIX
# As pickles hold it, a UUID: of a dispatcher, or of a class that cloudpickle writes by value.
MADE_UP = re.compile(rb"[\x24\x20]\0*[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])")


def part(name):
    """Return a module of Numba's, wherever this release keeps it; raises ImportError."""
    for package in ("numba.core.", "numba.targets.", "numba."):  # 0.48 has no core
        try:
            return importlib.import_module(package + name)
        except ImportError:
            continue
    raise ImportError(f"this Numba has no module {name}")


def unimportable(error):
    """Return in words why Numba cannot be imported, given what importing it raised."""
    if importlib.util.find_spec("numba") is None:
        return (
            f"{sys.executable} has no Numba: run this command in the environment that your program"
            " runs in"
        )
    told = f"{type(error).__name__}: {error}"
    return f"Numba is installed, and cannot be imported by {sys.executable}: {told}"


class Frame:
    """One specialisation under way: a function and its argument types, and who asked for it."""

    def __init__(self, function, args, parent):
        self.function, self.args, self.parent = function, args, parent


class Edge:
    """A call left open: from one specialisation to another, by way of a symbol."""

    def __init__(self, symbol, caller, dispatcher, args, returns, line, frames, during):
        self.symbol, self.caller = symbol, caller
        self.dispatcher, self.args, self.returns = dispatcher, args, returns
        self.line, self.frames, self.during = line, frames, during

    @property
    def callee(self):
        return self.dispatcher.py_func

    def cycle(self):
        """Return the functions from the callee down to the caller, each once."""
        segment = []
        for frame in reversed(self.frames):
            segment.insert(0, frame)
            if frame.function is self.callee:
                break
        else:
            segment = [Frame(self.callee, self.args, None), self.caller]
        return list(dict.fromkeys(frame.function for frame in segment))


class Stored:
    """What would be stored of a function: a specialisation and its open symbols."""

    def __init__(self, cache, sig, data, during):
        self.function = getattr(cache, "_watched_function", None)
        self.name = getattr(self.function, "__qualname__", None) or cache._name
        self.kernel = not type(cache).__name__.startswith("Function")
        signature = getattr(data, "signature", sig)  # of a result; a library has none
        self.args = tuple(getattr(signature, "args", signature))
        self.library, self.during = getattr(data, "library", data), during
        self.defines = getattr(getattr(data, "fndesc", None), "mangled_name", None)
        self.symbols, self.reached, self.error = (), False, None
        self.unread = None  # why the index that holds its key cannot be read
        self.key = "same"  # or "new" where each process makes another one, or "unknown"
        self.block = False  # whether a part of it is not stored with it, an objmode block

    def written(self, file, key, data):
        """Note what the index and the data would say, as they would be written."""
        index = file._dump({key: ""})
        # A caller holds the blocks of what it calls.
        self.block = b"ObjModeLiftedWith" in file._dump(data)
        self.reached = True
        try:
            read = pickle.loads(index)  # noqa: S301 (we have just written it)
        except Exception as error:  # noqa: BLE001 (whatever putting a type together raises)
            self.unread = f"{type(error).__name__}: {error}"
        else:
            self.key = sort_of(key in read, index, closed_over(self.function))


class Watch:
    """What was seen since `install()`. All of it happens under Numba's compiler lock."""

    def __init__(self):
        self.frames, self.edges, self.stored, self.compiled = [], [], [], []
        self.saving, self.calling = [], []
        self.refused = []  # as what is stored, of what Numba will not store
        self.made = []  # the functions that were compiled to the end
        self.during = None  # what runs, if somebody says
        self.settled = lambda: None  # called when no compilation is under way and calls are open

    def open_calls(self, symbols):
        """Return the calls that go through these symbols."""
        return [edge for edge in self.edges if edge.symbol in symbols]

    def wrong_calls(self, types):
        """Return (call, return type) where a callee returns another type than it is called for."""
        found = []
        for edge in self.edges:
            result = edge.dispatcher.overloads.get(edge.args)
            if result is None:  # it did not come to be compiled
                continue
            returns = types.unliteral(result.signature.return_type)
            if returns != types.unliteral(edge.returns):
                found.append((edge, returns))
        return found

    def uncached(self):
        """Yield (dispatcher, result) of what has open symbols and is not to be stored."""
        for dispatcher, result in self.compiled:
            # A part that was lifted out of a function has none at all, and no name of its own.
            never = type(getattr(dispatcher, "_cache", None)).__name__ == "NullCache"
            if never and not result.objectmode and open_symbols(result.library):
                yield dispatcher, result

    def install(self):
        """Listen to the compiler and the cache from now on."""
        self._watch_compiler()
        self._watch_calls()
        self._watch_cache()

    def _watch_compiler(self):
        compiler, lock = part("compiler"), part("compiler_lock").global_compiler_lock
        original = compiler.compile_extra
        signature = inspect.signature(original)

        @functools.wraps(original)
        def compile_extra(*args, **kwargs):
            call = signature.bind(*args, **kwargs).arguments
            with lock:
                parent = self.frames[-1] if self.frames else None
                self.frames.append(Frame(call["func"], tuple(call["args"]), parent))
                try:
                    result = original(*args, **kwargs)
                    self.made.append(call["func"])
                    return result
                finally:
                    self.frames.pop()
                    self._tell()

        compiler.compile_extra = compile_extra
        pycc = sys.modules.get("numba.pycc.compiler")
        if pycc:  # it has imported the function by name
            pycc.compile_extra = compile_extra

        @wrap(part("dispatcher")._DispatcherBase, "add_overload")
        def add_overload(original, dispatcher, result):
            original(dispatcher, result)
            self.compiled.append((dispatcher, result))
            self.made.append(dispatcher.py_func)  # @generated_jit compiles another one

    def _watch_calls(self):
        @wrap(part("lowering").Lower, "_lower_call_RecursiveCall")
        def lower(original, lowering, fnty, expr, signature):
            self.calling.append((lowering, fnty, signature))
            try:
                return original(lowering, fnty, expr, signature)
            finally:
                self.calling.pop()

        @wrap(part("base").BaseContext, "call_unresolved")
        def call_unresolved(original, context, builder, name, sig, args):
            self.edges.append(self._edge(name, sig))
            return original(context, builder, name, sig, args)

    def _edge(self, name, sig):
        lowering, fnty, signature = self.calling[-1]
        function, frame = lowering.func_ir.func_id.func, self.frames[-1] if self.frames else None
        if frame is None or frame.function is not function:  # a kernel of a parallel loop
            frame = Frame(function, tuple(lowering.fndesc.argtypes), frame)
        dispatcher = fnty.dispatcher_type.dispatcher
        frames = self.frames[:] if frame in self.frames else [*self.frames, frame]
        return Edge(
            name, frame, dispatcher, tuple(signature.args), sig.return_type, lowering.loc.line,
            frames, self.during,
        )  # fmt: skip

    def _watch_cache(self):
        caching = part("caching")

        @wrap(caching.Cache, "__init__")
        def remember(original, cache, py_func):
            cache._watched_function = py_func
            original(cache, py_func)

        @wrap(caching.Cache, "_save_overload")
        def save(original, cache, sig, data):
            entry = Stored(cache, sig, data, self.during)
            self.saving.append(entry)
            try:
                original(cache, sig, data)
            except Exception as error:
                entry.error = f"{type(error).__name__}: {error}"
                raise
            finally:
                self.saving.pop()
                if entry.reached or entry.error:
                    entry.symbols = open_symbols(entry.library)
                    self.stored.append(entry)
                else:  # what has lifted loops, and to 0.50 an objmode block
                    self.refused.append(entry)
                self._tell()

        @wrap(caching.IndexDataCacheFile, "save")
        def dump(_, file, key, data):
            self.saving[-1].written(file, key, data)

        @wrap(caching.IndexDataCacheFile, "load")
        def miss(_, file, key):
            return None

    def _tell(self):
        if self.edges and not self.frames:
            self.settled()


def wrap(owner, name):
    """Replace a method by the decorated function, which is given the original first."""
    original = getattr(owner, name)

    def replace(function):
        # With the source of the original: the remedy looks at it to know the Numba it is on.
        @functools.wraps(original)
        def method(*args, **kwargs):
            return function(original, *args, **kwargs)

        setattr(owner, name, method)
        return function

    return replace


def sort_of(found, index, cells):
    """Return whether another process makes the same key, given whether it is found as read again.

    What is pickled by value, a function or a class that no module has, or a dispatcher, bears a
    number that each process makes up. Of a function that holds no such thing the bytes may differ.
    """
    for held in (index, cells):
        by_value = any(name in held for name in (b"Dispatcher", b"_make_skeleton"))
        if not found or (by_value and MADE_UP.search(held)):
            return "new"
    return "unknown" if b"_make_function" in cells or b"_fill_function" in cells else "same"


def closed_over(function):
    """Return as a cache's key has it what a function closes over, or b""."""
    cells = getattr(function, "__closure__", None)
    dump = getattr(part("serialize"), "dumps", pickle.dumps)
    try:
        return dump(tuple(cell.cell_contents for cell in cells)) if cells else b""
    except Exception:  # noqa: BLE001 (an older Numba's key has none of it)
        return b""


def open_symbols(library):
    """Return the names of the functions that a library calls through an open symbol."""
    library._ensure_finalized()
    return tuple(
        variable.name[len(OPEN) :]
        for variable in library._final_module.global_variables
        if variable.is_declaration and variable.name.startswith(OPEN)
    )
