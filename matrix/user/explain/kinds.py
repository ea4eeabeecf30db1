# SPDX-License-Identifier: BSD-2-Clause
"""What differs between two specialisations of one function, in a word and in a sentence.

In: an open call that `watch` saw, and Numba's types. Out: differences as JSON holds them.
CPython 3.6 or newer, the standard library.
"""

import inspect

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


def says(names, found):
    """Return what differs, given the functions of the cycle and the differences in one of them."""
    told = [DIFFERS[d["kind"]].format(**d) for d in found]
    if len(names) > 1:
        told.insert(0, f"a cycle has {len(names)} functions: {', '.join(names)}")
    return "; ".join(told) or f"two specialisations of {names[0]}"
