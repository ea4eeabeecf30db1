# SPDX-License-Identifier: BSD-2-Clause
"""What else keeps a cache from being hit, or lets it go stale, as far as one process can show.

In: what would be stored. Out: one line each. CPython 3.6 or newer, the standard library.
"""

import ast
import dis
import functools
import inspect
import tokenize
import types as pytypes

ISSUES = "https://github.com/numba/numba/issues/"
OBJMODE = f"it comes to an objmode block, which every process compiles again ({ISSUES}7572)"


def warnings(stored, types):
    """Return the warnings about what would be stored, each once."""
    found = {}
    for entry in stored:
        name = getattr(entry.function, "__qualname__", entry.name)
        told = [*of_types(entry, types), *of_function(entry.function)]
        if entry.block:
            told.append(OBJMODE)
        for text in told:
            found[f"{name}: {text}"] = None
    return list(found)


def loaded_by(entry, types):
    """Return who loads this from a cache.

    "the next process", "perhaps the next process", only its "forks", or "none". Pickled into a key,
    a dispatcher has an id that each process makes for itself, and a jitclass its address, which a
    fork has in common with what it was forked from.
    """
    held = [kind for arg in entry.args for kind in made_of(arg, types)]
    if entry.unread or any(isinstance(kind, types.Dispatcher) for kind in held):
        return "none"
    if any(isinstance(kind, types.ClassInstanceType) for kind in held):
        return "forks"
    return {"new": "none", "unknown": "perhaps the next process"}.get(entry.key, "the next process")


def loaded(stored, types):
    """Return the names that what the next process loads has, by which open symbols call them."""
    by_others = ("the next process", "perhaps the next process")
    return {entry.defines for entry in stored if loaded_by(entry, types) in by_others}


def ends_a_process(entry, types, loaded):
    """Whether a process calls an open symbol here: one that loads this, or compiles it again.

    Nobody fills in a symbol whose function is `loaded`, whoever calls it.
    """
    return bool(entry.symbols) and (
        loaded_by(entry, types) != "none" or not loaded.isdisjoint(entry.symbols)
    )


def made_of(kind, types):
    """Return a type and all those that it is made of, as a list its items', each once."""
    found, waiting = [], [kind]
    while waiting:
        one = waiting.pop()
        if isinstance(one, types.Type):
            if not any(one is other for other in found):
                found.append(one)
                waiting += vars(one).values()
        elif isinstance(one, (tuple, list)):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
    return found


def of_types(entry, types):
    """Yield what the types of arguments do to a cache."""
    held = [kind for arg in entry.args for kind in made_of(arg, types)]
    if any(isinstance(kind, types.Dispatcher) for kind in held):
        yield "a function is an argument: every process compiles again (" + ISSUES + "6772)"
    if entry.unread:
        yield "a type refers to itself: the cache's index cannot be read (" + ISSUES + "1681)"
    elif any(isinstance(kind, types.ClassInstanceType) for kind in held):
        yield (
            "a jitclass instance is an argument, whose type holds an address: every process that is"
            " started anew compiles again, and stores a file more (" + ISSUES + "9659)"
        )
    elif entry.key == "new" and not any(isinstance(kind, types.Dispatcher) for kind in held):
        yield of_key(entry, held)


def of_key(entry, held):
    """Return why every process makes another key for this."""
    if getattr(entry.function, "__closure__", None):
        return "it closes over a jitted function: every process compiles again (" + ISSUES + "6264)"
    if any(hasattr(kind, "instance_class") for kind in held):
        return "no module has an argument's class under its name: every process compiles again"
    return "no process finds its omitted default again: every process compiles again"


def of_function(function, above=()):
    """Yield what a function refers to that a cache does not look at, or that is never the same.

    What it calls in its own file is compiled into it, with what that refers to.
    """
    if function is None:
        return
    file = function.__code__.co_filename
    unless = ", unless what it closes over tells of it" if tells(function) else ""
    for name, value in referred(function):
        called = value.py_func if is_jitted(value) else None
        if called is not None and called.__code__.co_filename != file:
            not_noticed = f"an edit there is not noticed{unless} ({ISSUES}1833)"
            yield f"it calls {name}, which lies in another file: {not_noticed}"
        elif called is not None and called not in (function, *above):
            for text in of_function(called, (function, *above)):
                yield text.replace("it ", f"through {name} it ", 1)
        elif called is None and not inspect.ismodule(value) and is_of_another(name, file):
            yield f"it reads {name} from another module: a change there is not noticed{unless}"


def is_of_another(name, file):
    """Whether a name in a file is an attribute of a module, or was taken from one."""
    return "." in name or name in bound_elsewhere(file)


def tells(function):
    """Whether a function closes over what may be the digest of a file."""
    closed_over = inspect.getclosurevars(function).nonlocals.values()
    return any(isinstance(value, (str, bytes)) for value in closed_over)


def function_of(thing):
    """Return the plain function of what Numba compiles, or None.

    Nothing is asked of what is not Numba's: a mock has every attribute, a proxy may raise.
    """
    if not any(str(kind.__module__).startswith("numba.") for kind in type(thing).__mro__):
        return None
    for attribute in ("py_func", "_pyfunc"):
        function = getattr(thing, attribute, None)
        if type(function) is pytypes.FunctionType:
            return function
    dispatcher = getattr(thing, "_dispatcher", None) or getattr(thing, "gufunc_builder", None)
    return function_of(dispatcher) if dispatcher is not None else None


def is_jitted(thing):
    """Whether this is a dispatcher."""
    return function_of(thing) is not None and hasattr(thing, "overloads")


@functools.lru_cache(maxsize=None)
def bound_elsewhere(file):
    """Return the names that a file takes from modules of somebody's own (`from X import NAME`)."""
    try:
        with tokenize.open(file) as opened:
            tree = ast.parse(opened.read())
    except (OSError, SyntaxError, ValueError):  # typed in at a prompt, exec'd, in a zip
        return frozenset()
    return frozenset(
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.level or not is_settled(node.module))
        for name in node.names
    )


def is_settled(module):
    """Whether what a module holds is not going to change: NumPy's pi, a type of Numba's."""
    return module.partition(".")[0] in ("numpy", "math", "cmath", "numba")


def referred(function):
    """Yield what a function refers to by its globals: names, and attributes of modules, resolved.

    Only of modules that are somebody's own.
    """
    module = None
    for step in dis.get_instructions(function.__code__):
        value = function.__globals__.get(step.argval) if isinstance(step.argval, str) else None
        if step.opname == "LOAD_GLOBAL":
            module = (step.argval, value) if isinstance(value, pytypes.ModuleType) else None
            yield step.argval, value
        elif module and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            name, owner = module
            if not is_settled(owner.__name__):
                yield f"{name}.{step.argval}", getattr(owner, step.argval, None)
            module = None
