# SPDX-License-Identifier: BSD-2-Clause
"""Why a recursion has an open symbol: its functions, two specialisations, and what differs in them.

In: what `watch` saw. Out: causes as JSON holds them, and the lines that say one.
CPython 3.6 or newer, the standard library and Numba.
"""

import inspect
import os
import re

from .advice import advice

LONGEST = 300  # characters of an error
# By what differs: a program that shows it and one that does the same safely, cached and exported.
EXAMPLES = {
    "literal": ("literal_seed_called", "literal_seed_np_int64_called"),
    "literal, own call": ("ackermann_lazy", "ackermann_np_int64_lazy"),
    "literal flag": ("literal_bool_called", "literal_bool_compared_called"),
    "default": ("default_omitted_lazy", "default_passed_lazy"),
    "promoted": ("promoted_lazy", "promoted_cast_lazy"),
    "width": ("narrow_unsigned_called", "narrow_unsigned_cast_called"),
    "width, prange": ("prange_index_parallel", "prange_index_cast_parallel"),
    "layout": ("layout_lazy", "layout_any_lazy"),
    "length, growing": ("growing_tuple_lazy", "growing_tuple_array_lazy"),
    "length, shrinking": ("shrinking_tuple_lazy", "shrinking_tuple_index_lazy"),
    "functions, two": ("even_odd_lazy", "even_odd_folded_lazy"),
    "functions, more": ("cycle_of_three_lazy", "cycle_of_three_stack_lazy"),
    "return": ("return_cast_lazy", "return_cast_self_lazy"),
}
EXPORTED = {
    "literal": ("literal_seed_helper", "literal_seed_np_int64_helper"),
    "literal, own call": ("ackermann_helper", "ackermann_np_int64_helper"),
    "default": ("default_omitted_helper", "default_passed_helper"),
    "promoted": ("promoted_helper", "promoted_cast_helper"),
    "layout": ("layout_helper", "layout_any_helper"),
    "functions, two": ("even_odd_helper", "even_odd_folded_helper"),
    "functions, more": ("cycle_of_three_helper", "cycle_of_three_stack_direct"),
    "export, itself": ("self_direct", "self_helper"),
    "export, jitted": ("self_direct_jitted", "self_helper"),
    "export, each other": ("even_odd_direct", "even_odd_folded_helper"),
    "export, helper": ("self_helper_unjitted", "self_helper"),
}
# What says most comes first.
KINDS = (
    "default", "literal", "length", "layout", "readonly", "alignment", "dimensions", "promoted",
    "width", "function", "optional", "starred", "named", "type",
)  # fmt: skip
DIFFERS = {
    "default": "the default of `{name}` is omitted in one and passed in the other",
    "literal": "`{name}` is a literal in one, {one} and {other}",
    "length": "`{name}` is a tuple of another length at every level: {one} and {other}",
    "layout": "the layout of the array `{name}`: {one} and {other}",
    "readonly": "the array `{name}` is read-only in one: {one} and {other}",
    "alignment": "the array `{name}` is aligned in one: {one} and {other}",
    "dimensions": "the dimensions of the array `{name}`: {one} and {other}",
    "promoted": "`{name}` turns from {one} into {other} on the way",
    "width": "the width or sign of `{name}`: {one} and {other}",
    "function": "`{name}` is another function in each: {one} and {other}",
    "optional": "`{name}` may be None in one: {one} and {other}",
    "starred": "`{name}` is spread out in one and a tuple in the other: {one} and {other}",
    "named": "`{name}` is a tuple of another class in each: {one} and {other}",
    "type": "the type of `{name}`: {one} and {other}",
}
# Which one is meant is told by an argument, and that may be the next mistake.
FLAG = (
    " (handed on as no literal, which is a type of its own: as `not odd` or np.int64(1), not True"
    " or 1)"
)
CHANGES = {
    "length": "hand the whole tuple down with an index, or use an array of the final length",
    "layout": "give {function} an explicit signature with arrays of any layout{signature}",
    "readonly": "pass a writable array (a copy) to the first level as well",
    "alignment": "pass an aligned array (a copy) to the first level as well",
    "dimensions": "hand the whole array down with an index",
    "function": "call the function by its name, not as an argument",
    "starred": "take `{name}` as one argument, a tuple, and hand it down as it is",
    "named": "pass `{name}` as a tuple of one class at every level",
    "type": "pass `{name}` with one type at every level, or give {function} an explicit"
    " signature{signature}",
    "functions": "fold the functions into one that is told by an argument which is meant"
    + FLAG
    + ", use an explicit stack, or leave the cycle and all that call it without cache=True",
    "functions, exported": "fold the functions into one that is told by an argument which is meant"
    + FLAG
    + ", or use an explicit stack",
    "export": "move the recursion into an @njit function that is not exported, and export one that"
    " calls it",
    "export, each other": "fold the functions into one @njit function that is told by an argument"
    " which is meant" + FLAG + " and is not exported, and export those that call it",
    "export, helper": "write @njit over {callee}",
    "return": "let every return statement of {function} give one type: numba.{returns}(...)",
}
PLACES = ("../suite/probes", "../../probes")  # in the wheel, in a clone


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


def change(variant, kind, words, *, exported=False):
    """Return what to change, given what the function is called and what differs."""
    named = (*((kind + ", exported",) if exported else ()), variant, kind)
    told = next(CHANGES[name] for name in named if name in CHANGES)
    return told.format(**dict({"name": "", "signature": ""}, **words))


def example(variant, *, exported=False):
    """Return the ids of a program that shows this and of one that is safe, if there are any.

    There is no exported form of some: the cached one shows the same.
    """
    for carrier, pairs in (("aot", EXPORTED), ("cache", EXAMPLES))[0 if exported else 1 :]:
        if variant in pairs:
            return [f"{carrier}/{name}" for name in pairs[variant]]
    return []


def differences(edge, types):
    """Return in which arguments two specialisations of one function differ, the telling one first.

    In a cycle of several functions these are two of the function that the open call goes to.
    """
    args = next((f.args for f in reversed(edge.frames) if f.function is edge.callee), None)
    if args is None or len(args) != len(edge.args):
        return []
    names = list(inspect.signature(edge.callee).parameters)
    found = [
        _difference(name, one, other, types)
        for name, one, other in zip(names, args, edge.args)
        if one != other
    ]
    return sorted(found, key=lambda difference: KINDS.index(difference["kind"]))


def _difference(name, one, other, types):
    kind = kind_of(one, other, types)
    grows = kind == "length" and len(getattr(other, "types", ())) > len(getattr(one, "types", ()))
    return {"name": name, "kind": kind, "one": str(one), "other": str(other), "grows": grows}


def kind_of(one, other, types):
    """Return the word for what differs between two types."""
    pair = (one, other)
    if all(isinstance(t, types.BaseTuple) for t in pair) and len(one) == len(other):
        starred = any(isinstance(t, (types.StarArgTuple, types.StarArgUniTuple)) for t in pair)
        apart = "starred" if starred else "named"
        return next((kind_of(a, b, types) for a, b in zip(one, other) if a != b), apart)
    if all(isinstance(t, types.Array) for t in pair):
        return _kind_of_arrays(one, other, types)
    number = (types.Number, types.Boolean)
    some, both = (
        ("default", types.Omitted), ("literal", types.Literal),
        ("optional", (types.Optional, types.NoneType)),
    ), (
        ("length", types.BaseTuple), ("function", types.Callable), ("width", types.Integer),
        ("width", types.Float), ("width", types.Complex), ("promoted", number),
    )  # fmt: skip
    told = [kind for kind, of in some if any(isinstance(t, of) for t in pair)]
    told += [kind for kind, of in both if all(isinstance(t, of) for t in pair)]
    return (*told, "type")[0]


def _kind_of_arrays(one, other, types):
    if one.dtype != other.dtype:
        return kind_of(one.dtype, other.dtype, types)
    for attribute, kind in (
        ("ndim", "dimensions"), ("layout", "layout"), ("mutable", "readonly"),
        ("aligned", "alignment"),
    ):  # fmt: skip
        if getattr(one, attribute) != getattr(other, attribute):
            return kind
    return "type"


def variant_of(kind, found, *, own):
    """Return which example shows this difference best; `own`: the function's own call makes it."""
    one, other = (found[0]["one"], found[0]["other"]) if found else ("", "")
    if kind == "literal":
        own = own or "iteral" in other
        return "literal flag" if "bool" in one + other else "literal, own call" if own else kind
    if kind == "length":
        return "length, growing" if found[0]["grows"] else "length, shrinking"
    return "width, prange" if kind == "width" and one == "uint64" else kind


def says(names, found):
    """Return what differs, given the functions of the cycle and the differences in one of them."""
    told = [DIFFERS[d["kind"]].format(**d) for d in found]
    if len(names) > 1:
        told.insert(0, f"a cycle has {len(names)} functions: {', '.join(names)}")
    return "; ".join(told) or f"two specialisations of {names[0]}"


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


# --- words ----------------------------------------------------------------------------------------


def told(causes):
    """Yield the lines that say causes, an empty one before each, and each example once."""
    shown = set()
    for cause in causes:
        yield ""
        yield from lines(cause)
        if cause["example"]:
            hazard, safe = cause["example"]
            yield f"  example: - {hazard} does this, + {safe} does the same and is safe"
            if hazard not in shown:
                for name, mark in ((hazard, "-"), (safe, "+")):
                    yield from (f"    {mark} {line}".rstrip() for line in program(name))
            shown.add(hazard)


def lines(cause):
    """Yield the lines that say a cause, without its example."""
    yield cause["says"]
    if cause["during"]:
        yield f"  first made by {cause['during']}"
    if len(cause["functions"]) > 1 or not cause["specialisations"]:
        yield from (f"  {one['name']}   {place(one)}" for one in cause["functions"])
    if cause["specialisations"]:
        caller, callee = cause["specialisations"]
        yield specialised(caller)
        yield f"    calls, in {place(cause['call'])},"
        yield specialised(callee)
    yield f"  change: {cause['change']}"


def specialised(one):
    """Return a specialisation in words: its types, where it is, and who asked for it."""
    asked = one["asked_by"] or "Python"
    return f"  {one['name']}{one['signature']}   {place(one)}, asked for by {asked}"


def fate(one):
    """Return what becomes of a function that is stored."""
    if one["error"] or one["unread"]:
        does = "cannot be stored:" if one["error"] else "whoever reads the cache's index raises"
        return f"{does} {brief(one['error'] or one['unread'])}"
    anew = one["loaded_by"] in ("none", "forks")
    if one["survives"] and one["open"]:
        return "would end a process that loaded it; none that is started anew does"
    if one["survives"]:
        if anew:
            return "survives, as each process that is started anew compiles again"
        part = ", but for an objmode block, which each process compiles again"
        return "survives" + (part if one["objmode"] else "")
    raises = "compiles it again, loads what that calls, and raises"
    new = raises if one["calls_loaded"] else "compiles again"
    return {
        "none": "each process that is started anew " + raises,
        "forks": "ends a process that is forked beside this one; a new one " + new,
        "perhaps the next process": "is either compiled again by every process or ends it",
    }.get(one["loaded_by"], "ends the next process")


def brief(error):
    """Return an error in a line: of Numba's the first paragraph, without where its compiler was."""
    kind, _, told = error.strip().partition(": ")
    told = re.sub(r"Failed in \w+ mode pipeline \(step: [^)]*\)\s*", "", told).split("\n\n")[0]
    told = " ".join(told.split())
    return f"{kind}: {told if len(told) <= LONGEST else told[:LONGEST].rstrip() + ' ...'}"


def place(where):
    """Return a file and line."""
    return f"{short(where['file'])}:{where['line']}"


def short(path):
    """Return a path from the working directory where that is shorter."""
    if not path:
        return "?"
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return relative if len(relative) < len(path) else path


def program(name):
    """Yield the lines of one of the map's programs, without its docstring and imports."""
    here = os.path.dirname(os.path.abspath(__file__))
    for place in PLACES:
        path = os.path.join(here, place, *(name + ".py").split("/"))
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                text = file.read().split('"""', 2)[2]
            text = re.sub(r"^(from|import) .*\n", "", text, flags=re.MULTILINE)
            yield from re.sub(r"\n{2,}", "\n", text.strip()).split("\n")
            return
    yield "(the program is not here)"
