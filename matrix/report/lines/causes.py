"""Why a square fails of a symbol left open, in the words of `check`, as far as is known. Pure.

In: what is stored of a probe in a cell, and its source. Out: lines, none where it fails otherwise.
The record has the names of what is called so, and of the dispatchers that are among the probe's
attributes the specialisations and which of them hold such a symbol, as text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...judge.rules import left_open
from ...model.outcome import Outcome, Result, result_of
from ...model.record import Phase, ProbeRecord
from ...user.explain import advice
from ...user.explain.cause import CAST, fits
from ...user.explain.example import change as change_of
from ...user.explain.example import example as example_of
from ...user.explain.example import variant_of
from ...user.explain.kinds import KINDS, says
from ..findings import Findings
from . import kinds
from .kinds import split

Seen = tuple[list[str], bool]  # the types of a specialisation, and whether it leaves a call open
COMPILES = {"cache": "cold", "aot": "build"}
ELSEWHERE = "another function that is not in the probe"
ASK = "`check` of the probe, where what it imports is installed, says between what"
MANGLED = re.compile(r"\d+")


def caused(found: Findings, probe: str, cell: str) -> tuple[str, ...]:
    """Return these lines of a square of a user's own; of the suite's the claims say why."""
    result = found.by_probe.get(probe, {}).get(cell)
    if result is None or not found.own:
        return ()
    kept = (p for record in found.ran if record.cell == cell for p in record.probes)
    seen = next((p for p in kept if p.id == probe and result_of(p) == result), None)
    if seen is None:
        return ()
    return cause(seen, result, found.sources.get(probe, ""), found.arguments)


def cause(
    record: ProbeRecord,
    result: Result,
    source: str,
    arguments: Mapping[str, Sequence[str]] = {},
) -> tuple[str, ...]:
    """Return why a call is left open, what to change, and which programs show both.

    `arguments` are those of functions of libraries, by `module.function`, as far as known.
    """
    name = COMPILES.get(record.carrier)
    compiling = next((phase for phase in record.phases if phase.name == name), None)
    if compiling is None or not left_open(compiling) or not _fails_of_it(result):
        return ()
    names = [name for name in map(called, compiling.unresolved) if name]
    if not names:
        return ()
    functions = _functions(source)
    taken = arguments.get(qualified(compiling.unresolved[0]), ())
    if names[0] in functions:
        args = functions[names[0]].args
        taken = [one.arg for one in (*args.posonlyargs, *args.args)]
    told = _told(names, compiling, functions, taken, exported=record.carrier == "aot")
    if told is None:
        return (f"because a call of {names[0]} is left open; {ASK}",)
    says, change, example = told
    lines = (f"because a call of {names[0]} is left open: {says}", f"change: {change}")
    shown = f"same cause as {example[0]}; passes: {example[1]}" if example else ""
    return (*lines, shown) if shown else lines


def _fails_of_it(result: Result) -> bool:
    """Whether it fails as what holds such a symbol does: after it was compiled, or in pycc."""
    if result.outcome is Outcome.CRASHED:
        return result.phase in ("warm", "again", "load")
    return result.outcome is Outcome.RAISED and result.phase in ("build", "load")


def called(symbol: str) -> str:
    """Return the name of the function that a mangled symbol is of, or "".

    `_ZN4file4factB2v1B8...Exx`, or in old releases `_ZN4file8fact$243Exx`, is `fact`: a number of
    the function's follows, and what is no letter is escaped.
    """
    return qualified(symbol).rpartition(".")[2]


def qualified(symbol: str) -> str:
    """Return it with the module it is in, or "": `file.fact`."""
    rest, parts = symbol.rpartition("_ZN")[2], list[str]()
    while found := MANGLED.match(rest):
        start = found.end()
        parts.append(rest[start : start + int(found[0])])
        rest = rest[start + int(found[0]) :]
    return re.sub(r"[$_]24\d+$", "", ".".join(parts))


def _told(
    names: Sequence[str],
    compiling: Phase,
    functions: Mapping[str, ast.FunctionDef],
    taken: Sequence[str],
    *,
    exported: bool,
) -> tuple[str, str, list[str]] | None:
    """Return what differs, the change and the example, where no other cause is as likely."""
    name = names[0]
    seen = [
        (split(s.signature), s.unresolved)
        for dispatcher in compiling.dispatchers
        if dispatcher.name == name
        for s in dispatcher.specialisations
    ]
    closed = any(not unresolved for _, unresolved in seen)
    if name in functions:
        cycle = _cycle(name, functions)
    else:
        # It is a library's, whose source is not here. What holds no such call is in no cycle of
        # several functions; what has one specialisation calls no other of its own.
        cycle = [name] if closed else [name, ELSEWHERE] if len(seen) == 1 else []
    if not set(names) <= set(cycle):
        return None
    if len(cycle) == 1:
        return _within(name, seen, taken, exported=exported)
    variant = f"functions, {'more' if cycle[2:] else 'two'}"
    goes = f"a cycle goes through {ELSEWHERE}"
    return (
        goes if ELSEWHERE in cycle else says(cycle, []),
        change_of(variant, "functions", {"function": name}, exported=exported),
        example_of(variant, exported=exported),
    )


def _within(
    name: str, seen: Sequence[Seen], taken: Sequence[str], *, exported: bool
) -> tuple[str, str, list[str]] | None:
    """Return that of a cycle of one function, whose specialisations were `seen`."""
    pair = _pair(seen)
    arguments = taken or [f"argument {n}" for n in range(1, len(pair[0] if pair else ()) + 1)]
    if pair is None or len(arguments) != len(pair[0]):
        return None
    differing = _differing(arguments, *pair)
    found = sorted(differing, key=lambda one: KINDS.index(one["kind"]))
    kind = found[0]["kind"]
    variant = variant_of(kind, found, own=all(calls for _, calls in seen))
    example = example_of(variant, exported=exported)
    if kind in CAST:
        change, where = _advice(name, arguments, pair, seen, exported=exported)
        example = example if fits(kind, where) else []
    else:
        change = change_of(variant, kind, {"function": name} | found[0], exported=exported)
    return says([name], found), change, example


def _functions(source: str) -> dict[str, ast.FunctionDef]:
    """Return the functions at the top of a probe and of what lies beside it, by name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _cycle(name: str, functions: Mapping[str, ast.FunctionDef]) -> list[str]:
    """Return the functions that call, and are called by, this one, itself the first."""
    reached = {one: _reached(one, functions) for one in functions}
    return [name, *(n for n in functions if n in reached[name] and name in reached[n] - {n})]


def _reached(name: str, functions: Mapping[str, ast.FunctionDef]) -> set[str]:
    """Return the names of the functions that this one leads to."""
    seen, waiting = set[str](), [name]
    while waiting:
        for node in ast.walk(functions[waiting.pop()]):
            # As an attribute: of a module that lies beside the probe.
            named = getattr(node, "id", getattr(node, "attr", None))
            if named in functions.keys() - seen:
                seen.add(named)
                waiting.append(named)
    return seen


def _pair(signatures: Sequence[Seen]) -> tuple[list[str], list[str]] | None:
    """Return a specialisation with an open call and the one it is most likely to, or None."""
    pairs = [
        (one, other)
        for one, calls in signatures
        for other, also in signatures
        if calls
        and one != other
        and len(one) == len(other)
        # What is called so holds an open call itself only where all of them do.
        and (not also or all(u for _, u in signatures))
    ]
    differ = (sum(a != b for a, b in zip(*pair, strict=True)) for pair in pairs)
    return min(zip(differ, pairs, strict=True), default=(0, None), key=lambda one: one[0])[1]


def _differing(
    names: Sequence[str], one: Sequence[str], other: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for name, a, b in zip(names, one, other, strict=True):
        if a != b:
            yield {"name": name, "kind": kinds.kind_of(a, b), "one": a, "other": b,
                   "grows": kinds.grows(a, b)}  # fmt: skip


def _advice(
    name: str,
    names: Sequence[str],
    pair: tuple[list[str], list[str]],
    seen: Sequence[Seen],
    *,
    exported: bool,
) -> tuple[str, str | None]:
    """Return what `check` would say to change, as far as what is stored tells it.

    Which of several calls which is not stored, and a cast in the wrong place changes a value.
    """
    one, other = ([kinds.read(word) for word in types] for types in pair)
    ways = [(one, other), (other, one)] if all(calls for _, calls in seen) else [(one, other)]
    calls = [advice.Call(name, names, *way, exported=exported) for way in ways]
    differing = [i for i, (a, b) in enumerate(zip(*pair, strict=True)) if a != b]
    every = [[kinds.read(word) for word in types] for types, _ in seen]
    told: list[tuple[str, str | None]] = []
    for call in calls:
        change: tuple[str, str | None] = advice.change(call, (one, other), kinds.TYPES)
        told.append(change)
        # Where only literals and defaults are in the way it is the same whoever calls whom.
        plain = all(isinstance(call.caller[i], kinds.Literal | kinds.Omitted) for i in differing)
        if plain and change == advice.change(call, every, kinds.TYPES):
            return change
    if len(set(told)) == 1 and len(seen) == len(pair):
        return told[0]
    words = " and ".join(f"`{names[i]}`" for i in differing)
    return advice.general(words, calls[0]), None
