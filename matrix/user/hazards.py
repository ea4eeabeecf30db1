# SPDX-License-Identifier: BSD-2-Clause
"""What else keeps a cache from being hit, or lets it go stale, as far as one process can show.

In: what would be stored. Out: one line each. CPython 3.6 or newer, the standard library.
"""

import dis
import inspect
import types as pytypes

ISSUES = "https://github.com/numba/numba/issues/"


def warnings(stored, types):
    """Return the warnings about what would be stored, each once."""
    found = {}
    for entry in stored:
        name = getattr(entry.function, "__qualname__", entry.name)
        for text in (*of_types(entry.args, types), *of_function(entry.function)):
            found[f"{name}: {text}"] = None
    return list(found)


def ends_the_next(entry, types):
    """Whether a process that is started anew loads this from a cache and calls an open symbol.

    Pickled into a key, a dispatcher has an id that each process makes for itself.
    """
    cells = getattr(entry.function, "__closure__", None) or ()
    own_key = any(isinstance(arg, types.Dispatcher) for arg in entry.args) or any(
        is_jitted(contents(cell)) for cell in cells
    )
    return bool(entry.symbols) and not own_key


def of_types(args, types):
    """Yield what the types of arguments do to a cache."""
    for arg in args:
        if isinstance(arg, (types.Dispatcher, getattr(types, "FunctionType", types.Dispatcher))):
            yield "a function is an argument: every process compiles again (" + ISSUES + "6772)"
        elif isinstance(arg, types.ClassInstanceType):
            yield (
                "a jitclass instance is an argument: every process compiles again, for its type"
                " holds an address (" + ISSUES + "9659)"
            )
        elif isinstance(arg, types.DeferredType):
            yield "a type refers to itself: the cache's index cannot be read (" + ISSUES + "1681)"


def of_function(function):
    """Yield what a function refers to that a cache does not look at, or that is never the same."""
    if function is None:
        return
    for cell in function.__closure__ or ():
        if is_jitted(contents(cell)):
            yield (
                "it closes over a jitted function: every process compiles again ("
                + ISSUES
                + "6264)"
            )
            break
    for name, value in referred(function):
        if is_jitted(value):
            file = value.py_func.__code__.co_filename
            if file != function.__code__.co_filename:
                yield (
                    f"it calls {name}, which lies in another file: an edit there is not noticed ("
                    + ISSUES
                    + "1833)"
                )
        elif "." in name and not callable(value) and not inspect.ismodule(value):
            yield f"it reads {name} from another module: a change there is not noticed"


def is_jitted(thing):
    """Whether this is a dispatcher."""
    return hasattr(thing, "py_func") and hasattr(thing, "overloads")


def contents(cell):
    """Return what a closure's cell holds, or None while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def referred(function):
    """Yield what a function refers to by its globals: names, and attributes of modules, resolved.

    Only of modules that are somebody's own: NumPy's pi is not going to change.
    """
    module = None
    for step in dis.get_instructions(function.__code__):
        value = function.__globals__.get(step.argval) if isinstance(step.argval, str) else None
        if step.opname == "LOAD_GLOBAL":
            module = (step.argval, value) if isinstance(value, pytypes.ModuleType) else None
            yield step.argval, value
        elif module and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            name, owner = module
            if owner.__name__.partition(".")[0] not in ("numpy", "math", "cmath", "numba"):
                yield f"{name}.{step.argval}", getattr(owner, step.argval, None)
            module = None
