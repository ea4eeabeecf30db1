# SPDX-License-Identifier: BSD-2-Clause
"""What to change in a function whose calls of itself have other types than it was called with.

In: an open call, and all that were seen. Out: words, such that the function then has one
specialisation and no value turns into another; `GENERAL` where no cast is known to do both.
CPython 3.6 or newer, the standard library and Numba.
"""

import inspect
import sys
import typing

GENERAL = (
    "pass {names} with one type at every level; where that cannot be, write {function} as a loop"
    " with a stack of its own{leave}, or {run} under the remedy (numba-matrix remedy)"
)
CACHED = {"leave": ", leave it and all that call it without cache=True", "run": "run the program"}
EXPORTED = {"leave": "", "run": "build the module"}


class Call(typing.NamedTuple):
    """A call left open: from one specialisation of a function to another."""

    function: str
    names: typing.Sequence[str]  # of its arguments
    caller: typing.Sequence[object]  # the types of that which calls
    args: typing.Sequence[object]  # and of that which is called
    line: int = 0  # where, 0 if that is not known
    exported: bool = False  # built ahead of time


def advice(edge, edges, types, *, exported=False):
    """Return what to change, and whether that is all in the first call, or all in its own."""
    names = list(inspect.signature(edge.callee).parameters)
    pair = (edge.caller.args, edge.args)
    call = Call(edge.callee.__qualname__, names, *pair, edge.line, exported)
    ours = connected(edge, edges)
    seen = [args for e in ours for args in (e.caller.args, e.args)]
    told, where = change(call, seen, types)
    return told + (signature(edge, ours, seen, types) if where == "first" else ""), where


def change(call, seen, types):
    """Return that for one call, given the types of all that is connected to it."""
    function, names = call.function, call.names
    if len({len(args) for args in seen} | {len(names)}) > 1:  # a kernel of a parallel loop
        return general("what it takes", call), None
    wanted = [joined(column, types) for column in zip(*seen)]
    at = [i for i, column in enumerate(zip(*seen)) if any(one != column[0] for one in column)]
    if None in (wanted[i] for i in at):
        told = " and ".join("`{}`".format(names[i]) for i in at)
        return without_none(call, types) or general(told, call), None
    if not any(all(args[i] == wanted[i] for i in at) for args in seen):
        columns = list(zip(*seen))
        told = everywhere([(names[i], columns[i], wanted[i]) for i in at], types)
        return "{} in every call, in {}'s own too".format(told, function), None
    first = [i for i in at if call.caller[i] != wanted[i]]
    if first:
        told = [before(names[i], call.caller[i], wanted[i], types) for i in first]
        return " and ".join(told).replace(" before the first call and cast ", " and "), "first"
    own = [i for i in at if call.args[i] != wanted[i]]
    told = [within(names[i], call.args[i], wanted[i], types) for i in own]
    line = ", in line {}".format(call.line) if call.line else ""
    told = "in {}'s own call{}, {}".format(function, line, " and ".join(told))
    return told + "; a signature does not help there", "own"


def connected(edge, edges):
    """Return the function's open calls of itself that come before this one or after it."""
    waiting = [e for e in edges if e.callee is edge.callee is e.caller.function]
    found, reached = [edge], [edge.caller.args, edge.args]
    while True:
        more = [e for e in waiting if e.caller.args in reached or e.args in reached]
        if not more:
            return found
        found += more
        reached += [args for e in more for args in (e.caller.args, e.args)]
        waiting = [e for e in waiting if e not in more]


def general(told, call):
    """Return what always helps, given in words what differs."""
    more = EXPORTED if call.exported else CACHED
    return GENERAL.format(names=told, function=call.function, **more)


def joined(column, types):
    """Return the type of these that holds the values of all the others, or None."""
    plain = [plain_type(one, types) for one in column]
    found = plain[0]
    for one in plain[1:]:
        if one is None or found is None:
            return None
        if one != found:
            found = one if holds(one, found, types) else found if holds(found, one, types) else None
    return found


def plain_type(kind, types):
    """Return the type of a value that is a literal or an omitted default, or None."""
    if isinstance(kind, types.Omitted):
        typeof = getattr(types, "typeof", None) or sys.modules["numba"].typeof
        try:
            return typeof(kind.value)
        except Exception:  # noqa: BLE001 (whatever it makes of a default)
            return None
    return types.unliteral(kind)


def holds(wide, narrow, types):
    """Whether every value of one type of numbers is one of the other, as far as sizes tell."""
    ranks = [rank(kind, types) for kind in (narrow, wide)]
    if None in ranks or ranks[0][0] > ranks[1][0]:
        return False
    (kind, bits), (other, others) = ranks
    if kind == other or (kind, other) == ("1 unsigned", "2 signed"):  # as of a prange index
        return bits <= others
    return bits <= others or kind == "0 bool"


def rank(kind, types):
    """Return what sort of numbers a type has and in how many bits, or None."""
    if isinstance(kind, types.Boolean):
        return "0 bool", 1
    if isinstance(kind, types.Integer):
        return ("2 signed" if kind.signed else "1 unsigned"), kind.bitwidth
    if isinstance(kind, types.Float):
        return "3 float", kind.bitwidth
    if isinstance(kind, types.Complex):
        return "4 complex", kind.bitwidth // 2
    return None


def around(kind, types):
    """Return how to write a value of a type so that it is no literal."""
    if isinstance(kind, types.Boolean):
        return "the result of a comparison"
    return "str(...)" if isinstance(kind, types.UnicodeType) else "np.{}(...)".format(kind)


def passed(kind, types):
    """Return how to pass what is omitted, in words to go on with; "" where it is no literal."""
    plain = rank(kind, types) or isinstance(kind, types.UnicodeType)
    return " as {}".format(around(kind, types)) if plain else ""


def everywhere(differing, types):
    """Return what to do with arguments in all calls, given name, types and the one for all."""
    passes, casts = [], []
    for name, column, wanted in differing:
        written = any(isinstance(one, (types.Omitted, types.Literal)) for one in column)
        if written or not numeric(wanted, types):
            passes.append("`{}`{}".format(name, passed(wanted, types)))
        else:
            casts.append("`{}` to {}".format(name, wanted))
    told = [("pass ", passes), ("cast ", casts)]
    return " and ".join(verb + " and ".join(each) for verb, each in told if each)


def numeric(kind, types):
    """Whether something can be cast to a type."""
    return rank(kind, types) and not isinstance(kind, types.Boolean)


def before(name, kind, wanted, types):
    """Return what to do with an argument where the function is called first."""
    made = around(wanted, types)
    if isinstance(kind, types.Omitted):
        told = passed(wanted, types)
        return "pass `{}` in every call{}".format(name, "," + told if told else "")
    if isinstance(kind, types.Literal) and isinstance(wanted, types.Boolean):
        return "where `{}` is passed, pass {} in place of True or False".format(name, made)
    if isinstance(kind, types.Literal):
        return "where the literal `{}` is passed, write {} around it".format(name, made)
    return "cast `{}` to {} before the first call".format(name, wanted)


def within(name, kind, wanted, types):
    """Return what to do with an argument where the function calls itself."""
    made = around(wanted, types)
    if isinstance(kind, types.Omitted):
        told = passed(wanted, types)
        return "pass `{}`{}".format(name, "," + told if told else "")
    if isinstance(kind, types.Literal) and isinstance(wanted, types.Boolean):
        return "pass {} in place of True or False".format(made)
    if isinstance(kind, types.Literal):
        return "write {} around the literal".format(made)
    return "cast `{}` back to {}".format(name, wanted)


def without_none(call, types):
    """Return what to do where only a default of None is in the way, or ""."""
    at = [i for i, pair in enumerate(zip(call.caller, call.args)) if pair[0] != pair[1]]
    for i in at:
        one, given = call.caller[i], types.unliteral(call.args[i])
        none = isinstance(one, types.Omitted) and one.value is None
        if none and at == [i] and rank(given, types):
            return (
                "give `{0}` a default of the type that is passed, {1}, in place of None: one that"
                " is never meant, and test for it where `{0} is None` is tested; and pass `{0}` in"
                " every call, as {2}"
            ).format(call.names[i], given, around(given, types))
    return ""


def signature(edge, ours, seen, types):
    """Return an explicit signature as another cure, in words to go on with, or ""."""
    wanted = [joined(column, types) for column in zip(*seen)]
    if None in wanted:
        return ""
    args = tuple(types.unliteral(one) for one in wanted)
    result = edge.dispatcher.overloads.get(args)
    omits = any(isinstance(one, types.Omitted) for one in edge.caller.args)
    leaves = any(e.caller.args == args for e in ours)
    # What else the function is called with would be turned into these types as well.
    others = [zip(called, wanted) for called in edge.dispatcher.overloads]
    lost = any(joined(pair, types) != pair[1] for pairs in others for pair in pairs)
    if result is None or omits or leaves or lost:
        return ""
    kinds = [types.unliteral(one) for one in (result.signature.return_type, *args)]
    if not all(rank(one, types) or isinstance(one, types.UnicodeType) for one in kinds):
        return ""
    told = ["boolean" if isinstance(one, types.Boolean) else str(one) for one in kinds]
    mark = '"'
    if any(isinstance(one, types.UnicodeType) for one in kinds):  # which no string spells
        told, mark = ["types." + one for one in told], ""
    told = "{}({})".format(told[0], ", ".join(told[1:]))
    return ", or give {} an explicit signature ({}{}{})".format(
        edge.callee.__qualname__, mark, told, mark
    )
