"""What Numba itself says: which functions it loaded, which it compiled, and with what symbols.

A dispatcher counts its cache hits and misses (`Dispatcher.stats`), a cfunc its hits; ufuncs count
nothing. So the cache, the compiler and the code generator are listened to as well, for functions
of the probe's own file only: Numba compiles helpers of its own whenever it likes.
"""

import functools
import importlib
import json
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


class Watch:
    """Counts, from now on, loads and compilations of functions defined below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.loads = 0
        self.saves = 0
        self.compiled = 0
        self.unresolved = set()
        caching = numba_module("numba.core.caching", "numba.caching")
        compiler = numba_module("numba.core.compiler", "numba.compiler")
        codegen = numba_module("numba.core.codegen", "numba.targets.codegen")
        self.after(caching.Cache, "load_overload", self.cache_loaded)
        self.after(caching.Cache, "save_overload", self.cache_saved)
        # These two are heard before they happen: in some releases and for some probes they raise.
        self.before(compiler.CompilerBase, "compile_extra", self.function_compiled)
        for thing in vars(codegen).values():
            if isinstance(thing, type) and "insert_unresolved_ref" in vars(thing):
                self.before(thing, "insert_unresolved_ref", self.symbol_left_open)

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

    @staticmethod
    def before(owner, name, listen):
        """Call `listen(*arguments)` before each call of the method `owner.name`."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(self, *args, **kwargs):
            listen(*args, **kwargs)
            return original(self, *args, **kwargs)

        setattr(owner, name, method)

    def ours(self, function):
        code = getattr(function, "__code__", None)
        return code is not None and code.co_filename.startswith(self.folder)

    def cache_loaded(self, result, cache):
        # A cache names its function by repr only; its path is where the data lies.
        if str(cache.cache_path).startswith(self.folder):
            self.loads += result is not None

    def cache_saved(self, _, cache):
        if str(cache.cache_path).startswith(self.folder):
            self.saves += 1

    def function_compiled(self, function):
        self.compiled += self.ours(function)

    def symbol_left_open(self, builder, fnty, name):
        self.unresolved.add(name)

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
