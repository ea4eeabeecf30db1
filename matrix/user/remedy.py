# SPDX-License-Identifier: BSD-2-Clause
"""Recursion that survives ``cache=True`` and ``numba.pycc``, for Numba 0.48.0 to 0.68.1.

Call :func:`install` before the first cached function is compiled or loaded and before the first
``CC`` is compiled, or run a script under it: ``python remedy.py SCRIPT ARGS...``. One file, to be
imported or vendored; it needs nothing but the standard library and Numba. Processes that
multiprocessing starts anew (``spawn``, ``forkserver``) have it where the script calls
:func:`install` at its top, or is run in the second way.

Why it is needed: a call into a function that is still being compiled is lowered to a call through
a global named ``.numba.unresolved$NAME``, an *open symbol*, which only the compiling process fills
in (numba#6061, #6513). What it does: no library leaves the process with an open symbol. Each one
is defined in the IR, as a constant that holds the address of the function NAME, and the code of
that function is linked in where it is not: before the library is optimised if the function is
known by then, and in a copy made for the cache if not. So a stored library is complete, and
loading one needs no patch at all. Storing waits until the last function of the cycle is compiled.
What is stored whole holds code of all files that the cycle lies in, so their stamps lie beside it,
and when one is another it counts as not stored. No two processes give functions the same names.

A call that was lowered while the return type of its callee was provisional, and turned out
another (numba#8882: a wrong value), is compiled anew with the settled type.
"""

import contextlib
import copy
import functools
import gc
import hashlib
import importlib
import inspect
import itertools
import os
import runpy
import sys
import time
import types as pytypes
import warnings
import weakref

# Of numba.core.
MODULES = "base bytecode caching codegen compiler cpu dispatcher errors lowering sigutils typeinfer"
OPEN = ".numba.unresolved$"  # RuntimeLinker.PREFIX
CLOSED = "numba.recursion$"
FORMAT = "+numba-matrix-remedy.3"  # of what is stored: a Numba without the remedy ignores it
ROUNDS = 8  # a return type that has not settled by then never will
SCRIPT = "NUMBA_MATRIX_REMEDY_SCRIPT"  # what a process that multiprocessing starts anew is to run


class UnknownNumba(ImportError):
    """The remedy was not proved on this Numba; nothing has been changed."""


class _Frame:
    """One compilation of a function, and its result once there is one."""

    def __init__(self, call):
        self.function, self.args, self.flags = call["func"], tuple(call["args"]), call["flags"]
        self.cres = None


class _Known:
    """What this process knows of its functions, guarded by Numba's compiler lock.

    All but `libraries` is about the compilation under way, and empty outside one.
    """

    def __init__(self):
        self.installed = time.time()
        self.libraries = weakref.WeakValueDictionary()  # by the function each one defines
        self.stamps = {}  # of source files, as Numba took them when a function was decorated
        self.depth = 0  # of compilations within compilations
        self.frames = []  # theirs, the innermost last
        self.jitted = None  # while pycc compiles an export: plain function -> its dispatcher
        self._forget()

    def _forget(self):
        self.overloads = []  # (dispatcher, result) added to dispatchers
        self.unsaved = []  # arguments of save_overload for what is still open
        self.calls = {}  # name of a callee -> {(frame of the caller, return type)}
        self.settled = {}  # (function, argument types) -> return type found in an earlier round

    @contextlib.contextmanager
    def compilation(self):
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            if not self.depth:
                self._forget()

    @contextlib.contextmanager
    def round(self, call):
        self.frames.append(_Frame(call))
        try:
            yield self.frames[-1]
        finally:
            self.frames.pop()

    def retract(self, results, frame):
        """Forget the calls made where these results, or none, came from; return those frames."""
        callers = {caller for calls in self.calls.values() for caller, _ in calls if caller}
        gone = {caller for caller in callers if id(caller.cres) in results} | {frame}
        for callee, calls in self.calls.items():
            self.calls[callee] = {call for call in calls if call[0] not in gone}
        return gone

    @contextlib.contextmanager
    def export(self, jitted):
        self.jitted, outer = jitted, self.jitted
        try:
            yield
        finally:
            self.jitted = outer


# --- open symbols ---------------------------------------------------------------------------------


def _open_symbols(library):
    """Return the names of the functions that the library calls through an open symbol."""
    return _open_in(library._final_module)


def _open_in(module):
    return [
        gv.name[len(OPEN) :]
        for gv in module.global_variables
        if gv.is_declaration and gv.name.startswith(OPEN)
    ]


def _close(library, numba, libraries):
    """Define the library's open symbols, linking in what defines the functions behind them.

    What is linked in may have open symbols of its own. Those of functions nobody knows stay open.
    """
    module, linked = library._final_module, True
    while linked:
        linked = False
        for name in _open_symbols(library):
            source = library if _defines(module, name) else libraries.get(name)
            if source is None:
                continue
            module.link_in(_definition(name, numba))
            if source is not library:
                module.link_in(source._get_module_for_linking(), preserve=True)
                _inherit_reload_init(library, source)
                _files(library).update(_files(source))
            symbol = module.get_global_variable(OPEN + name)
            # Nobody else's business: another module may have the same symbol, and still open.
            symbol.linkage = "internal"
            symbol.name = CLOSED + name
            linked = library._recursive = True


def _defines(module, name):
    try:
        return not module.get_function(name).is_declaration
    except NameError:
        return False


def _definition(name, numba):
    """Return a module that defines the open symbol and declares the function behind it.

    The linker replaces the declaration by the function, whatever its type.
    """
    ir = numba.llvmir
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), ()), name)
    pointer = ir.IntType(8).as_pointer()
    symbol = ir.GlobalVariable(module, pointer, OPEN + name)
    symbol.initializer = function.bitcast(pointer)
    symbol.global_constant = True
    symbol.linkage = "linkonce_odr"
    return numba.llvm.parse_assembly(str(module))


def _inherit_reload_init(library, source):
    """Let what must run when `source` is loaded run when `library` is (parallel code needs it)."""
    library.__dict__.setdefault("_reload_init", set()).update(getattr(source, "_reload_init", ()))


def _sealed(library, numba, libraries):
    """Return the library, or a copy without open symbols; None while that cannot be made.

    The copy is there to be linked and stored: it is never added to the engine.
    """
    library._ensure_finalized()
    if not _open_symbols(library):
        return library
    sealed = library._codegen.create_library(library._name)
    _files(sealed).update(_files(library))
    sealed._final_module.link_in(library._final_module, preserve=True)
    _inherit_reload_init(sealed, library)
    _close(sealed, numba, libraries)
    if _open_symbols(sealed):
        return None
    sealed._optimize_final_module()
    sealed._final_module.verify()
    sealed._finalized = True
    return sealed


def _compile_for_cache(sealed):
    """Give a copy what only a library that the engine has compiled has: object code."""
    module = sealed._final_module
    sealed._dynamic_globals = [
        gv.name for gv in module.global_variables if gv.name.startswith("numba.dynamic.globals")
    ]
    sealed.enable_object_caching()
    sealed._compiled_object = sealed._codegen._tm.emit_object(module)


def _patch_optimize(numba, known):
    """Close each library, of the JIT or of pycc, before it is optimised: LLVM may then inline."""
    original = numba.CPUCodeLibrary._optimize_final_module

    @functools.wraps(original)
    def _optimize_final_module(self):
        _close(self, numba, known.libraries)
        return original(self)

    numba.CPUCodeLibrary._optimize_final_module = _optimize_final_module


# --- the cache ------------------------------------------------------------------------------------


def _patch_index(numba, known):
    """Let no file be shared with a Numba that is not patched, in either direction.

    Index files begin with another version, so that either finds an empty cache, and data files have
    other names, so that neither overwrites what the other is about to read. Properties, as this has
    to hold for functions that were decorated before.
    """
    files = numba.caching.IndexDataCacheFile
    files._version = _changed("_version", lambda version: version + FORMAT)
    files._data_name_pattern = _changed(
        "_data_name_pattern", lambda name: name.replace(".{number", ".remedy.{number")
    )


def _changed(attribute, change):
    return property(
        lambda self: change(self.__dict__[attribute]),
        lambda self, value: self.__dict__.__setitem__(attribute, value),
    )


def _patch_save(numba, known):
    """Store nothing that is open: what can be closed is, what may be closed yet waits."""
    original = numba.caching.Cache.save_overload

    @functools.wraps(original)
    def save_overload(self, sig, data):
        library = sealed = _library(data)
        if self._enabled and isinstance(library, numba.CPUCodeLibrary):
            sealed = _sealed(library, numba, known.libraries)
        if sealed is library:
            original(self, sig, data)
        elif sealed is None and known.frames:
            known.unsaved.append((self, sig, data))
        elif sealed is None:
            lost = ", ".join(_open_symbols(library))
            why = "it calls what was compiled before install(), or is gone: "
            _warn_not_stored(self, why + lost, numba)
        else:
            _compile_for_cache(sealed)
            original(self, sig, sealed if data is library else _with_library(data, sealed))

    numba.caching.Cache.save_overload = save_overload


def _patch_load(numba, known):
    """Find what a call had stored, by its types, where a signature is written otherwise."""
    original = numba.caching.Cache.load_overload
    jitted = numba.caching.CompileResultCacheImpl

    @functools.wraps(original)
    def load_overload(self, sig, target_context):
        data = original(self, sig, target_context)
        if data is not None or isinstance(sig, tuple) or self._impl_class is not jitted:
            return data
        args, expected = numba.sigutils.normalize_signature(sig)
        data = original(self, args, target_context)
        if data is None or expected in (None, data.signature.return_type):
            return data
        return None

    numba.caching.Cache.load_overload = load_overload


def _patch_stamps(numba, known):
    """Store the stamps of all files with what is whole, and take it for missing when one differs.

    Numba looks at the file of the one function that is asked for.
    """
    for impl in (numba.caching.CompileResultCacheImpl, numba.caching.CodeLibraryCacheImpl):
        _patch_impl(impl, known)


def _patch_impl(impl, known):
    original_reduce, original_rebuild = impl.reduce, impl.rebuild

    @functools.wraps(original_reduce)
    def reduce(self, data):
        library, folder = _library(data), self._locator.get_cache_path()
        files = _files(library) if getattr(library, "_recursive", False) else ()
        stamps = {
            _relative(path, folder): known.stamps.get(path)
            or (None if _is_written_since(known.installed, path) else _stamp(path, self._locator))
            for path in files
            if path != os.path.abspath(self._locator._py_file)
        }
        return stamps, original_reduce(self, data)

    @functools.wraps(original_rebuild)
    def rebuild(self, target_context, payload):
        stamps, payload = payload
        folder = self._locator.get_cache_path()
        files = {os.path.normpath(os.path.join(folder, name)): name for name in stamps}
        if any(_stamp(path, self._locator) != stamps[name] for path, name in files.items()):
            return None  # which is what there is for a signature that is not stored
        data = original_rebuild(self, target_context, payload)
        _files(_library(data)).update(files)
        return data

    impl.reduce, impl.rebuild = reduce, rebuild


def _files(library):
    """Return the files, a set, that the code in a library is of, as far as it was jitted."""
    return library.__dict__.setdefault("_files_by_remedy", set())


def _stamp(path, locator):
    """Return what this release tells one state of a source file from another by, None without."""
    other = copy.copy(locator)
    other._py_file = path
    try:
        return other.get_source_stamp()
    except OSError:
        return None


def _is_written_since(moment, path):
    """Whether a file may be another than was imported.

    Of a function without cache no stamp is taken before; None in its place counts as missing.
    """
    try:
        seen = os.stat(path)
    except OSError:
        return False
    return max(seen.st_mtime, seen.st_ctime) > moment


def _relative(path, folder):
    """Return the path as seen from the folder, where there is a way: both may be moved."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path


def _with_library(cres, sealed):
    init = sealed._reload_init.union(cres.reload_init)
    return cres._replace(library=sealed, reload_init=list(init))


def _library(data):
    """Return the library of what a cache stores: a compilation result, or a library itself."""
    return getattr(data, "library", data)


def _warn_not_stored(cache, why, numba):
    message = "Cannot cache {!r}: {}".format(cache, why)
    warnings.warn(numba.errors.NumbaWarning(message), stacklevel=3)


def _patch_numbers(numba, known):
    """Number functions as no other process does.

    The number is part of the name, and Numba's begins at 1 in each process. So what is loaded and
    what is compiled may have one name, and a call through an open symbol goes to either.
    """
    numba.bytecode.FunctionIdentity._unique_ids = _Numbers()


class _Numbers:
    """Numbers from a random one on; a process that was forked has a random one of its own."""

    process = None

    def __next__(self):
        if self.process != os.getpid():
            self.numbers = itertools.count(int.from_bytes(os.urandom(6), "big"))
            self.process = os.getpid()
        return next(self.numbers)


# --- compiling ------------------------------------------------------------------------------------


def _patch_overloads(numba, known):
    """Note which library defines a function, and what is compiled on behalf of something else."""
    original = numba.dispatcher._DispatcherBase.add_overload

    @functools.wraps(original)
    def add_overload(self, cres):
        original(self, cres)
        _register(cres, self.py_func, numba, known)
        _note_stamp(self, known)
        if known.depth:
            known.overloads.append((self, cres))

    numba.dispatcher._DispatcherBase.add_overload = add_overload


def _register(cres, function, numba, known):
    _files(cres.library).add(_file(function))
    if isinstance(cres.library, numba.JITCodeLibrary):
        known.libraries[cres.fndesc.llvm_func_name] = cres.library
        # To 0.62 a library does not know what the code in it needs.
        cres.library.__dict__.setdefault("_reload_init", set()).update(cres.reload_init)


def _note_stamp(dispatcher, known):
    # What a lifted loop or an objmode block is compiled as has no cache at all.
    cache = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache is not None:
        known.stamps[_file(dispatcher.py_func)] = cache._source_stamp


def _file(function):
    return os.path.abspath(function.__code__.co_filename)


def _patch_calls(numba, known):
    """Note with which return type an open symbol is called, and by whom."""
    original = numba.base.BaseContext.call_unresolved

    @functools.wraps(original)
    def call_unresolved(self, builder, name, sig, args):
        caller = known.frames[-1] if known.frames else None
        call = caller, numba.types.unliteral(sig.return_type)
        known.calls.setdefault(name, set()).add(call)
        return original(self, builder, name, sig, args)

    numba.base.BaseContext.call_unresolved = call_unresolved


def _patch_names(numba, known):
    """Call a function through an open symbol by the name that it has.

    From 0.55 on names end in the compiler flags, and Numba takes those of the caller for those of
    the callee: where a parallel function and another call each other, nobody defines that name.
    """
    original = numba.lowering.Lower._lower_call_RecursiveCall

    @functools.wraps(original)
    def _lower_call_RecursiveCall(self, fnty, expr, signature):
        _note_stamp(fnty.dispatcher_type.dispatcher, known)
        tags = _abi_tags(fnty.dispatcher_type.dispatcher, signature.args, known)
        if tags is None:
            return original(self, fnty, expr, signature)
        self.fndesc.abi_tags, own = tags, self.fndesc.abi_tags
        try:
            return original(self, fnty, expr, signature)
        finally:
            self.fndesc.abi_tags = own

    numba.lowering.Lower._lower_call_RecursiveCall = _lower_call_RecursiveCall


def _abi_tags(dispatcher, args, known):
    """Return the tags in the name of a specialisation, compiled or under way; None before 0.55."""
    if args in dispatcher.overloads:
        return getattr(dispatcher.overloads[args].fndesc, "abi_tags", None)
    for frame in reversed(known.frames):
        if frame.function is dispatcher.py_func and frame.args == args:
            mangle = getattr(frame.flags, "get_mangle_string", None)
            return mangle and [mangle()]
    return None


def _patch_inference(numba, known):
    """Let a recursive call see the return type that an earlier round found for its callee."""
    original = numba.typeinfer.TypeInferer.return_types_from_partial

    @functools.wraps(original)
    def return_types_from_partial(self):
        provisional = original(self)
        settled = next(
            known.settled.get((frame.func_id.func, tuple(frame.args)))
            for frame in self.context.callstack
            if frame.typeinfer is self
        )
        if settled is None or provisional is None:
            return provisional or settled
        return self.context.unify_types(provisional, settled) or provisional

    numba.typeinfer.TypeInferer.return_types_from_partial = return_types_from_partial


def _patch_compile(numba, known):
    """When a function is compiled, see that it is what it was taken for, and store what waited."""
    original = numba.compiler.compile_extra
    signature = inspect.signature(original)

    @functools.wraps(original)
    def compile_extra(*args, **kwargs):
        call = signature.bind(*args, **kwargs).arguments
        with numba.global_compiler_lock, known.compilation():
            cres = _compile_until_settled(original, call, numba, known)
            _register(cres, call["func"], numba, known)
            waiting, known.unsaved = known.unsaved, []
            for cache, sig, data in waiting:
                try:
                    cache.save_overload(sig, data)  # or back among the unsaved
                except OSError:
                    raise
                except Exception as error:  # noqa: BLE001 (whatever pickling raises)
                    # Numba saves it while it infers types, and takes what that raises for a failure
                    # to infer them: it is compiled, and goes without a cache.
                    _warn_not_stored(cache, "{}: {}".format(type(error).__name__, error), numba)
        return cres

    _replace_compile_extra(numba, compile_extra)


def _replace_compile_extra(numba, function):
    numba.compiler.compile_extra = function
    pycc = sys.modules.get("numba.pycc.compiler")
    if pycc:  # it has imported the function by name
        pycc.compile_extra = function


def _compile_until_settled(compile_extra, call, numba, known):
    """Compile until every call into the function expects the return type that it has.

    Raises TypingError when that does not come about.
    """
    key = call["func"], tuple(call["args"])
    before = len(known.overloads)
    for _ in range(ROUNDS):
        again = dict(call, flags=call["flags"].copy())
        with known.round(again) as frame:
            try:
                frame.cres = cres = compile_extra(**again)
            except BaseException:
                _drop(before, frame, None, known)
                raise
        if cres.objectmode:  # nobody calls that through an open symbol
            _drop(before, None, None, known)
            return cres
        name, found = cres.fndesc.llvm_func_name, cres.signature.return_type
        wrong = [c for c in known.calls.get(name, ()) if c[1] != numba.types.unliteral(found)]
        wrong = [call for call in wrong if _is_made(name, call[0], frame)]
        if not wrong:
            known.calls.pop(name, None)
            return cres
        known.settled[key] = found
        _forget_overload(None, cres)
        dropped = _drop(before, frame, name, known)
        if not dropped.issuperset(caller for caller, _ in wrong):
            break  # a caller that is no specialisation of a dispatcher
    raise _unsettled(cres, wrong, numba)


def _is_made(name, caller, frame):
    """Whether a call through an open symbol is still there: LLVM leaves out what is never reached.

    Of what calls itself, or is under way, that cannot be seen any more, or not yet.
    """
    done = caller is not None and caller is not frame and caller.cres is not None
    return not done or name in _open_symbols(caller.cres.library)


def _drop(before, frame, name, known):
    """Take back the specialisations compiled since that call the function through an open symbol.

    So are those that call one of these in that way. Without a name: any function that nobody
    defines. Returns the frames of what was taken back, the one that is given included.
    """
    recent = [(set(_open_symbols(c.library)), d, c) for d, c in known.overloads[before:]]
    lost = {name} if name else set().union(*(r[0] for r in recent)).difference(known.libraries)
    dropped, size = [], -1
    while size < len(dropped):
        size = len(dropped)
        dropped = [entry for entry in recent if lost & entry[0]]
        lost.update(cres.fndesc.llvm_func_name for _, _, cres in dropped)
    for _, dispatcher, cres in dropped:
        _forget_overload(dispatcher, cres)
    known.overloads[before:] = [entry[1:] for entry in recent if entry not in dropped]
    known.unsaved = [
        (cache, sig, data)
        for cache, sig, data in known.unsaved
        if not lost.intersection(_open_symbols(_library(data)))
    ]
    return known.retract({id(cres) for _, _, cres in dropped}, frame)


def _forget_overload(dispatcher, cres):
    """Let a specialisation be as if it had never been compiled."""
    with contextlib.suppress(KeyError):
        cres.target_context.remove_user_function(cres.entry_point)
    if dispatcher is not None:
        kept = [other for other in dispatcher.overloads.values() if other is not cres]
        dispatcher._reset_overloads()
        for other in kept:
            dispatcher.add_overload(other)


def _unsettled(cres, wrong, numba):
    caller, expected = min(wrong, key=str)
    return numba.errors.TypingError(
        "{caller} is compiled to call {callee} as returning {expected}, but {callee} returns"
        " {found} (numba#8882), and compiling them anew does not settle it. Let every return"
        " statement of {callee} give one type: return numba.{found}(...)".format(
            caller=caller.function.__qualname__ if caller else "a function",
            callee=cres.fndesc.qualname,
            expected=expected,
            found=cres.signature.return_type,
        )
    )


# --- pycc -----------------------------------------------------------------------------------------


def _patch_runtime(numba, known):
    """Have Numba's runtime compiled for the JIT before pycc has it compiled for its own target.

    The address that an open symbol has until it is defined is in the JIT's only (0.57 and later).
    """
    original = numba.cpu.CPUContext.with_aot_codegen

    @functools.wraps(original)
    def with_aot_codegen(self, *args, **kwargs):
        self.refresh()
        return original(self, *args, **kwargs)

    numba.cpu.CPUContext.with_aot_codegen = with_aot_codegen


def _patch_link(numba, known):
    """Link no open library into one of pycc's, which would miss the environments of the others."""
    original = numba.CPUCodeLibrary.add_linking_library

    @functools.wraps(original)
    def add_linking_library(self, library):
        if not isinstance(self, numba.JITCodeLibrary):
            library = _sealed(library, numba, known.libraries) or library
        original(self, library)
        _files(self).update(_files(library))

    numba.CPUCodeLibrary.add_linking_library = add_linking_library


def _patch_export(numba, known):
    """Let pycc export functions that call themselves or functions nobody jitted.

    What is compiled is a copy, so that a call of the exported function by its name is no
    re-entrance, and a plain function that it calls is taken for one that is jitted.
    """
    compile_extra = numba.compiler.compile_extra
    signature = inspect.signature(compile_extra)
    resolve_value_type = numba.context.BaseContext.resolve_value_type

    @functools.wraps(compile_extra)
    def export(*args, **kwargs):
        call = signature.bind(*args, **kwargs).arguments
        if not call["targetctx"].aot_mode:
            return compile_extra(**call)
        # They live as long as the library they are linked into.
        with known.export(call["library"].__dict__.setdefault("_jitted_by_remedy", {})):
            return compile_extra(**dict(call, func=_copy(call["func"])))

    @functools.wraps(resolve_value_type)
    def resolve(self, val):
        try:
            return resolve_value_type(self, val)
        except ValueError:
            if known.jitted is None or not isinstance(val, pytypes.FunctionType):
                raise
        if val not in known.jitted:
            known.jitted[val] = numba.njit(val)
        return numba.types.Dispatcher(known.jitted[val])

    _replace_compile_extra(numba, export)
    numba.context.BaseContext.resolve_value_type = resolve


def _copy(function):
    function = getattr(function, "py_func", function)
    copy = pytypes.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    for attribute in ("__module__", "__qualname__", "__doc__", "__kwdefaults__"):
        setattr(copy, attribute, getattr(function, attribute))
    return copy


# --- installing -----------------------------------------------------------------------------------

PARTS = (
    _patch_optimize,
    _patch_index,
    _patch_save,
    _patch_load,
    _patch_stamps,
    _patch_numbers,
    _patch_overloads,
    _patch_calls,
    _patch_names,
    _patch_inference,
    _patch_compile,
    _patch_runtime,
    _patch_link,
    _patch_export,
)


# What is replaced or relied on: its name, and the first digits of the digests of its source text,
# white space apart, in the 40 releases from 0.48.0 to 0.68.1, oldest first.
PROVED = """
CPUCodeLibrary._optimize_final_module 4973bdda b1e2845d 280f046f 991670fc 0f84bcb0
CPUCodeLibrary._get_module_for_linking 6e90c85e
CPUCodeLibrary._finalize_final_module d3677e79 4fbd77d2 3a486cc3 34037c72
CPUCodeLibrary._unserialize 48b5774b
CPUCodeLibrary.add_linking_library 576c2685 87779973
CPUCodeLibrary.enable_object_caching 3168e6d0
CPUCodeLibrary.finalize a2bb6391 fff240ca 56db8fd9 f6dc8a7c
CPUCodeLibrary.get_defined_functions ecfef986
CPUCodeLibrary.serialize_using_object_code 7424fc89 c8c1d790
codegen.RuntimeLinker f4dbeb07
codegen.JITCPUCodegen.insert_unresolved_ref a94e4de6
caching.Cache.load_overload cc5d6a21 3263a362
caching.Cache.save_overload 4a14fb73
caching.Cache._save_overload 63bb3776 5a386c2a
caching.Cache._load_overload 4562e9b3 df318742
caching.CodeLibraryCacheImpl.rebuild 91e845cd
caching.CodeLibraryCacheImpl.reduce 401a0d91
caching.CompileResultCacheImpl.rebuild 9f927aaa
caching.CompileResultCacheImpl.reduce 257e8c92
caching._SourceFileBackedLocatorMixin.get_source_stamp a6e0faaf 9c0c5b93
caching.IndexDataCacheFile.__init__ d42e4efe
caching.IndexDataCacheFile._load_index 40642dc9 64f669bc
caching.IndexDataCacheFile._save_index 5ce03d28
compiler.CompileResult._reduce 86794d73 6fc2a1b3 d153c468
compiler.compile_extra dc3d3292
dispatcher._DispatcherBase._reset_overloads 09d40abb
dispatcher._DispatcherBase.add_overload e79a1898 1a2950d1
bytecode.FunctionIdentity.from_function 5536bffd ce4d5017
base.BaseContext.call_unresolved 5efb702b
base.BaseContext.refresh 62105fbe ce01a9d7 8586d22a
base.BaseContext.remove_user_function 6006b13d
context.BaseContext.resolve_value_type 7e581834
context.CallStack.register bcbcfc3f 35921135 c5be9e48 de326b8b
cpu.CPUContext.with_aot_codegen 3d29d8c4
lowering.Lower._lower_call_RecursiveCall 6271b27d 2dff7720 6b0459a6
sigutils.normalize_signature 748fc570
typeinfer.TypeInferer.resolve_call 2bec9ad8 630ff5c9 41ed1c5c
typeinfer.TypeInferer.return_types_from_partial ca47f3c4
"""


def install(unknown="raise"):
    """Patch Numba in this process, once, whatever number of copies of this file ask for it.

    Returns True where the remedy is in force. On a Numba that it was not proved on it changes
    nothing and raises UnknownNumba, or returns False with ``unknown="ignore"``. Warns of functions
    that it came too late for.
    """
    if unknown not in ("raise", "ignore"):
        raise ValueError('unknown is "raise" or "ignore", not {!r}'.format(unknown))
    import numba

    if getattr(numba, "_numba_matrix_remedy", None):
        return True
    try:
        found = _Numba()
        _check(found)
    except UnknownNumba:
        if unknown == "raise":
            raise
        return False
    known = _Known()
    for part in PARTS:
        part(found, known)
    numba._numba_matrix_remedy = FORMAT
    late = _too_late_for(found)
    if late:
        warnings.warn(found.errors.NumbaWarning(TOO_LATE.format(", ".join(late))), stacklevel=2)
    return True


TOO_LATE = (
    "remedy.install() came too late for {}: compiled or loaded before it, they crash as without it,"
    " in this process where they were loaded, else in the next. Call install() before the module"
    " that holds them is imported."
)


def _too_late_for(numba):
    """Return the jitted functions, as `NAME (FILE:LINE)`, that already have open symbols."""
    late = set()
    for found in gc.get_objects():
        # By type(), as isinstance() asks what is a proxy for what it stands for.
        if issubclass(type(found), numba.dispatcher._DispatcherBase):
            libraries = [getattr(cres, "library", None) for cres in found.overloads.values()]
            if any(isinstance(one, numba.JITCodeLibrary) and _is_open(one) for one in libraries):
                code = found.py_func.__code__
                where = code.co_filename, code.co_firstlineno
                late.add("{} ({}:{})".format(found.py_func.__qualname__, *where))
    return sorted(late)


def _is_open(library):
    # What was loaded has its IR for linking only.
    return bool(_open_in(library._shared_module or library._final_module))


class _Numba:
    """The parts of Numba that the remedy stands on, wherever this release keeps them."""

    def __init__(self):
        import llvmlite.binding
        import llvmlite.ir
        import numba

        self.version = numba.__version__
        self.llvm, self.llvmir = llvmlite.binding, llvmlite.ir
        self.types, self.njit = numba.types, numba.njit
        self.global_compiler_lock = _module("compiler_lock").global_compiler_lock
        self.context = _module("typing.context")
        for name in MODULES.split():
            setattr(self, name, _module(name))
        # To 0.53 there is no other code library than that for CPUs.
        self.CPUCodeLibrary = getattr(self.codegen, "CPUCodeLibrary", self.codegen.CodeLibrary)
        self.JITCodeLibrary = self.codegen.JITCodeLibrary


def _module(name):
    for package in ("numba.core.", "numba.targets.", "numba."):  # 0.48 has no core
        with contextlib.suppress(ImportError):
            return importlib.import_module(package + name)
    raise UnknownNumba("the remedy does not know this Numba: there is no module " + name)


def _check(numba):
    """Raise UnknownNumba unless all that is replaced or relied on reads as where it was proved."""
    strange = [
        path
        for path, *digests in map(str.split, PROVED.strip().splitlines())
        if _digest(numba, path) not in digests
    ]
    if strange:
        raise UnknownNumba(
            "the remedy was not proved on this Numba ({}), and nothing has been changed: {} {}"
            " not as in any release it knows. install(unknown='ignore') goes without.".format(
                numba.version, ", ".join(strange), "is" if len(strange) == 1 else "are"
            )
        )


def _digest(numba, path):
    """Return the first digits of the digest of a function's source, or None if there is none."""
    try:
        source = inspect.getsource(functools.reduce(getattr, path.split("."), numba))
    except (AttributeError, OSError, TypeError):
        return None
    return hashlib.sha256(" ".join(source.split()).encode()).hexdigest()[:8]


def main(arguments, program="python -m numba_matrix.remedy"):
    """Run a script with the remedy installed; return 2 where that cannot be begun."""
    script = arguments[0] if arguments else "--help"
    usage = "usage: {} SCRIPT ARGS...\n".format(program)
    if arguments and script in ("-h", "--help"):
        sys.stdout.write(usage)
        return 0
    if script.startswith("-"):
        sys.stderr.write(usage)
        return 2
    if not os.path.exists(script):
        sys.stderr.write("error: {}: there is no such script\n".format(script))
        return 2
    try:
        install()
    except ImportError as error:  # no Numba, or one that this was not proved on
        sys.stderr.write("error: {}\n".format(error))
        return 2
    sys.argv[:] = arguments
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    _hand_on()
    runpy.run_path(script, run_name="__main__")
    return 0


def _hand_on():
    """Have processes that multiprocessing starts anew run this file in place of the script.

    Such a process runs the file of the main module under the name ``__mp_main__``, by which this
    one has to know the script then: whoever imported multiprocessing first may have been another.
    """
    from multiprocessing import spawn

    original = spawn.get_preparation_data

    @functools.wraps(original)
    def get_preparation_data(*args, **kwargs):
        data = original(*args, **kwargs)
        if "init_main_from_path" in data:
            os.environ[SCRIPT] = data["init_main_from_path"]
            data["init_main_from_path"] = os.path.abspath(__file__)
            sys.modules["__mp_main__"] = sys.modules["__main__"]
        return data

    spawn.get_preparation_data = get_preparation_data


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python " + os.path.basename(__file__)))
if __name__ == "__mp_main__" and SCRIPT in os.environ:
    # A copy of its own, as names of the script take the place of those here.
    copied = runpy.run_path(__file__, run_name="remedy")
    copied["install"](unknown="ignore")
    copied["_hand_on"]()
    globals().update(runpy.run_path(os.environ[SCRIPT], run_name=__name__))
