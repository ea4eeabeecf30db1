# SPDX-License-Identifier: BSD-2-Clause
"""What to write instead of a call that is left open, and two programs of the map that show it.

In: what differs between two specialisations. Out: words, and the ids of a hazard and of what does
the same and is safe. CPython 3.6 or newer, the standard library.
"""

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


def variant_of(kind, found, *, own):
    """Return which example shows this difference best; `own`: the function's own call makes it."""
    one, other = (found[0]["one"], found[0]["other"]) if found else ("", "")
    if kind == "literal":
        own = own or "iteral" in other
        return "literal flag" if "bool" in one + other else "literal, own call" if own else kind
    if kind == "length":
        return "length, growing" if found[0]["grows"] else "length, shrinking"
    return "width, prange" if kind == "width" and one == "uint64" else kind
