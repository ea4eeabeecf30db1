"""What Numba itself says: which functions it loaded, which it compiled, and with what symbols.

A dispatcher counts its cache hits and misses (`Dispatcher.stats`), a cfunc its hits; ufuncs count
nothing. So the cache, the compiler and the code generator are listened to as well, for everything
but the helpers that Numba compiles of its own whenever it likes.
"""

import functools
import importlib
import json
import os
import sys

UNRESOLVED = ".numba.unresolved$"


def numba_module(*names):
    """Return the first of `names` that this release has (its layout changed at 0.49)."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError("this Numba has none of " + ", ".join(names))


def is_dispatcher(thing):
    return all(hasattr(thing, name) for name in ("stats", "inspect_llvm", "py_func", "signatures"))


def is_cfunc(thing):
    return hasattr(thing, "cache_hits") and hasattr(thing, "inspect_llvm")


class CacheElsewhere(Exception):
    """A cache lies where other probes and other runs reach it: what it holds proves nothing."""


def before(owner, name, listen):
    """Call `listen(self, *arguments)` before each call of the method `owner.name`."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        listen(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    setattr(owner, name, method)


class Watch:
    """Counts, from now on, loads and compilations; caches are to lie below `folder`."""

    def __init__(self, folder):
        self.folder = os.path.join(os.path.realpath(folder), "")
        self.numba = os.path.join(os.path.dirname(importlib.import_module("numba").__file__), "")
        self.loads = 0
        self.saves = 0
        self.compiled = 0
        self.unresolved = set()
        self.elsewhere = set()
        self.generated = []
        caching = numba_module("numba.core.caching", "numba.caching")
        compiler = numba_module("numba.core.compiler", "numba.compiler")
        codegen = numba_module("numba.core.codegen", "numba.targets.codegen")
        self.after(caching.Cache, "load_overload", self.cache_loaded)
        self.after(caching.Cache, "save_overload", self.cache_saved)
        before(caching.IndexDataCacheFile, "save", self.file_written)
        # These two are heard before they happen: in some releases and for some probes they raise.
        before(compiler.CompilerBase, "compile_extra", self.function_compiled)
        before(compiler.CompilerBase, "compile_ir", self.ir_compiled)
        for thing in vars(codegen).values():
            if isinstance(thing, type) and "insert_unresolved_ref" in vars(thing):
                before(thing, "insert_unresolved_ref", self.symbol_left_open)
        for name in ("base", "boxing"):
            jitclass = "jitclass." + name
            self.note_generated(numba_module("numba.experimental." + jitclass, "numba." + jitclass))

    @staticmethod
    def after(owner, name, listen):
        """Call `listen(result, self)` after each call of the method `owner.name` that returned."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(self, *args, **kwargs):
            result = original(self, *args, **kwargs)
            listen(result, self)
            return result

        setattr(owner, name, method)

    def note_generated(self, module):
        """Note the namespaces in which Numba writes a jitclass its constructor and accessors.

        Nothing in them says whose they are: what a probe exec's looks the same.
        """

        def exec_noting(source, namespace):
            self.generated.append(namespace)
            exec(source, namespace)

        # The first name is that of 0.48; the other is found in a module before the built-in.
        setattr(module, "exec_" if hasattr(module, "exec_") else "exec", exec_noting)

    def is_numbas(self, function):
        """Whether Numba has this function compiled for itself: it lies in Numba's folder."""
        names = getattr(function, "__globals__", {})
        # What Numba writes around the kernel of a probe's stencil lies in its folder, too.
        if getattr(function, "__name__", "").startswith("__numba_stencil"):
            return False
        if any(names is namespace for namespace in self.generated):
            return True
        # The module's name as well as its file: what is exec'd may claim any file.
        code = getattr(function, "__code__", None)
        file = names.get("__file__") or getattr(code, "co_filename", "")
        return str(names.get("__name__")).startswith("numba.") and file.startswith(self.numba)

    def cache_loaded(self, result, cache):
        if result is not None:
            self.loads += 1
            self.where(cache.cache_path)

    def cache_saved(self, _, cache):
        self.saves += 1

    def file_written(self, index, *_):
        self.where(index._cache_path)

    def where(self, path):
        if not os.path.join(os.path.realpath(str(path)), "").startswith(self.folder):
            self.elsewhere.add(str(path))

    def function_compiled(self, _, function, *__, **___):
        self.compiled += not self.is_numbas(function)

    def ir_compiled(self, _, func_ir, *__, **___):
        self.compiled += not self.is_numbas(func_ir.func_id.func)

    def symbol_left_open(self, _, builder, fnty, name):
        self.unresolved.add(name)

    def see_where_caches_lie(self):
        """Raise CacheElsewhere for a cache that was written or loaded outside the probe's folder."""
        if self.elsewhere:
            raise CacheElsewhere(
                "a cache of Numba's lies in {}, and not where NUMBA_CACHE_DIR says".format(
                    min(self.elsewhere)
                )
            )

    def totals(self, module):
        """Hits and misses as counted by the probe's dispatchers and cfuncs, and what was heard."""
        hits = misses = 0
        for thing in vars(module).values():
            if is_dispatcher(thing):
                hits += sum(thing.stats.cache_hits.values())
                misses += sum(thing.stats.cache_misses.values())
            elif is_cfunc(thing):
                hits += thing.cache_hits
        return {
            "hits": hits,
            "misses": misses,
            "loads": self.loads,
            "saves": self.saves,
            "compiled": self.compiled,
            "unresolved": sorted(self.unresolved),
        }

    def dispatchers(self, module):
        """Each dispatcher's specialisations, and which hold an unresolved symbol in their IR."""
        return [
            {"name": name, "specialisations": list(self.specialisations(thing))}
            for name, thing in sorted(vars(module).items())
            if is_dispatcher(thing)
        ]

    @staticmethod
    def specialisations(dispatcher):
        for signature in dispatcher.signatures:
            yield {
                "signature": ", ".join(str(argument) for argument in signature),
                "unresolved": UNRESOLVED in dispatcher.inspect_llvm(signature),
            }


def versions():
    """The versions of what a cell consists of, asked of the packages themselves."""
    import llvmlite
    import llvmlite.binding
    import numba
    import numpy

    return {
        "python": "{}.{}.{}".format(*sys.version_info[:3]),
        "numba": numba.__version__,
        "numpy": numpy.__version__,
        "llvmlite": llvmlite.__version__,
        "llvm": ".".join(str(part) for part in llvmlite.binding.llvm_version_info),
    }


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        json.dump(versions(), file)
        file.write("\n")
