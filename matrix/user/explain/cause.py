# SPDX-License-Identifier: BSD-2-Clause
"""Why a recursion has an open symbol: its functions, two specialisations, and what differs in them.

In: what `watch` saw. Out: causes as JSON holds them.
CPython 3.6 or newer, the standard library and Numba.
"""

import inspect

from .advice import advice
from .example import CHANGES, change, example, variant_of
from .kinds import differences, says


def where(function):
    """Return what names a function: its name, file and line."""
    code = getattr(function, "__code__", None)
    return {
        "name": getattr(function, "__qualname__", str(function)),
        "file": getattr(code, "co_filename", None),
        "line": getattr(code, "co_firstlineno", None),
    }


# What a cast may mend: which one, and where, only the types tell.
CAST = ("default", "literal", "promoted", "width", "optional", "type")


def cause(edge, edges, types, *, exported=False):
    """Return why this call, one of all these, was left open, as JSON holds it."""
    functions = edge.cycle()
    found = differences(edge, types)
    if len(functions) > 1:
        kind = "functions"
        variant = "functions, more" if functions[2:] else "functions, two"
    else:
        kind = found[0]["kind"] if found else "type"
        asked = edge.caller.parent
        variant = variant_of(kind, found, own=asked is None or asked.function is edge.callee)
    shown = example(variant, exported=exported)
    if kind in CAST and found:
        told, where_to = advice(edge, edges, types, exported=exported)
        shown = shown if fits(kind, where_to) else []
    else:
        words = dict(found[0] if found else {}, function=where(edge.callee)["name"])
        words["signature"] = _signature(edge, types)
        told = change(variant, kind, words, exported=exported)
    return {
        "kind": kind,
        "functions": [where(function) for function in functions],
        "specialisations": _specialisations(edge),
        "call": dict(where(edge.caller.function), line=edge.line),
        "differs": found,
        "says": says([where(function)["name"] for function in functions], found),
        "change": told,
        "example": shown,
        "during": edge.during,
    }


def fits(kind, where_to):
    """Whether the map's pair of programs shows a change in the first call, or in the own one."""
    return where_to == "first" or (where_to == "own" and kind == "literal")


def wrong(edge, returns):
    """Return the cause of a wrong value: a callee that returns another type than is read."""
    name = where(edge.callee)["name"]
    return {
        "kind": "return",
        "functions": [where(function) for function in edge.cycle()],
        "specialisations": _specialisations(edge),
        "call": dict(where(edge.caller.function), line=edge.line),
        "differs": [],
        "says": f"{name} is called as if it returned {edge.returns}, and it returns {returns}: the"
        " bits of one are read as the other, a wrong value already in this process (numba#8882)",
        "change": CHANGES["return"].format(function=name, returns=returns),
        "example": example("return"),
        "during": edge.during,
    }


def export(caller, callee, *, jitted, back):
    """Return why a function that is exported cannot be typed, as JSON holds it.

    It calls itself, or `callee`, by a name which to Numba is a plain function, or, `jitted`, is
    under way already; `back` says whether that one calls it in turn.
    """
    itself = callee is caller
    each = "each other" if back else "helper"
    variant = "export, " + ("jitted" if jitted else "itself" if itself else each)
    names = {"caller": where(caller)["name"], "callee": where(callee)["name"]}
    why = (
        "is compiled as an export already when it comes to be compiled as a jitted function"
        if jitted
        else "is a plain Python function there, which has no type"
    )
    says = "{caller} calls itself, and " if itself else "{caller} calls {callee}, which "
    return {
        "kind": "export",
        "functions": [where(caller)] + ([] if itself else [where(callee)]),
        "specialisations": [],
        "call": where(caller),
        "differs": [],
        "says": says.format(**names) + why,
        "change": change(variant, "export", names),
        "example": example(variant, exported=True),
        "during": None,
    }


def merged(causes):
    """Return the causes, one for all calls of the same functions that differ in the same."""
    found = {}
    for one in causes:
        names = sorted((f["file"] or "", f["line"] or 0) for f in one["functions"])
        key = (one["kind"], tuple(names), tuple(sorted(d["name"] for d in one["differs"])))
        found.setdefault(key, one)
    return list(found.values())


def _specialisations(edge):
    """Return caller and callee of an open call: name, types, and what asked for each."""
    frame = next(
        (f for f in edge.frames if f.function is edge.callee and f.args == edge.args), None
    )
    parent = frame.parent if frame else edge.caller
    return [
        _specialisation(edge.caller.function, edge.caller.args, edge.caller.parent),
        _specialisation(edge.callee, edge.args, parent),
    ]


def _specialisation(function, args, parent):
    names = list(inspect.signature(function).parameters)
    if len(names) != len(args):  # a kernel of a parallel loop
        names = [""] * len(args)
    told = ", ".join(f"{name}: {arg}" if name else str(arg) for name, arg in zip(names, args))
    return dict(
        where(function),
        signature=f"({told})",
        asked_by=where(parent.function)["name"] if parent else None,
    )


def _signature(edge, types):
    """Return an explicit signature for the function, in words to go on with, or ""."""
    result = edge.dispatcher.overloads.get(edge.args)
    if result is None:
        return ""
    found = [_spelled(t, types) for t in (result.signature.return_type, *edge.args)]
    return ' ("{}({})")'.format(found[0], ", ".join(found[1:])) if all(found) else ""


def _spelled(kind, types):
    """Return a type as a signature spells it, arrays with any layout; "" where it is not known."""
    if isinstance(kind, types.Omitted):
        return ""
    kind = types.unliteral(kind)
    if isinstance(kind, (types.Number, types.Boolean)):
        return "boolean" if isinstance(kind, types.Boolean) else str(kind)
    if isinstance(kind, types.Array) and kind.mutable and kind.aligned:
        return "{}[{}]".format(_spelled(kind.dtype, types), ", ".join(":" * kind.ndim))
    return ""
