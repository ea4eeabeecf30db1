# SPDX-License-Identifier: BSD-2-Clause
"""Causes in words: the lines that say one, with the pair of programs that shows it.

In: causes, and what is stored, as JSON holds them. Out: lines.
CPython 3.6 or newer, the standard library.
"""

import os
import re

LONGEST = 300  # characters of an error
PLACES = ("../../suite/probes", "../../../probes")  # in the wheel, in a clone


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
