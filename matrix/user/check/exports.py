# SPDX-License-Identifier: BSD-2-Clause
"""What a file exports ahead of time: its `CC` objects, compiled short of the C compiler.

In: a module, and what is watched. Out: of each whether it can be loaded, and why not.
CPython 3.6 or newer, the standard library and Numba.
"""

import os
import re
import sys
import tempfile
import types as pytypes

from ..explain import hazards
from ..explain.cause import export, where
from ..explain.hazards import function_of
from .watch import OPEN

MAKES_GENERATOR = b"numba_make_generator"


def place_of(thing):
    """Return where a function lies, or the real path of a file."""
    if isinstance(thing, str):
        return os.path.realpath(thing)
    code = getattr(thing, "__code__", None)
    return code and (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)


def compilers(module):
    """Return the file's `CC` objects, which export functions."""
    pycc = sys.modules.get("numba.pycc.cc") or sys.modules.get("numba.pycc")
    kind = getattr(pycc, "CC", None)
    return [thing for thing in vars(module).values() if kind and issubclass(type(thing), kind)]


def exporters(module, function):
    """Return the file's `CC` objects, where a function is asked about those that export it."""
    found = compilers(module)
    if function is None:
        return found
    place = place_of(function)
    return [cc for cc in found if any(place_of(one) == place for one in exported(cc))]


def exported(cc):
    """Return the plain functions that a module exports; Numba may have compiled them already."""
    functions = [entry.function for entry in cc._exported_functions.values()]
    return [function_of(function) or function for function in functions]


def build(cc, answer):
    """Compile what a module exports, short of the C compiler, and say whether it can be loaded."""
    before = len(answer.watch.edges)
    error, code = None, b""
    with tempfile.TemporaryDirectory() as folder:
        try:
            objects, _ = cc._compile_object_files(folder)
        except Exception as raised:  # noqa: BLE001 (whatever pycc raises)
            error = f"{type(raised).__name__}: {raised}"
        else:
            for path in objects:
                with open(path, "rb") as file:
                    code += file.read()
    left = {name.decode() for name in re.findall(re.escape(OPEN.encode()) + rb"([^\0]+)", code)}
    edges = answer.watch.edges[before:] if error else answer.watch.open_calls(left)
    return {
        "module": cc.name,
        "exports": sorted(cc._exported_functions),
        "functions": [where(function)["name"] for function in exported(cc)],
        "survives": not (error or left or MAKES_GENERATOR in code),
        "error": error,
        "missing": "numba_make_generator" if MAKES_GENERATOR in code else None,
        "open": sorted(left),
        "edges": edges,
        "causes": untyped(cc, error) if error else [],
    }


def untyped(cc, error):
    """Return the causes of an error that are calls of what Numba cannot type, in what is exported.

    That is the exported function itself, which is no jitted one, or another plain function.
    """
    named = set(re.findall(r"Untyped global name '(\w+)'", error))
    again, causes = "compiler re-entrant" in error, []
    for caller in exported(cc):
        for name, value in dict(hazards.referred(caller)).items():
            if again and function_of(value) is caller:
                causes.append(export(caller, caller, jitted=True, back=True))
            elif name in named and type(value) is pytypes.FunctionType:
                back = any(other is caller for _, other in hazards.referred(value))
                causes.append(export(caller, value, jitted=False, back=back))
    return causes
