# SPDX-License-Identifier: BSD-2-Clause
"""The programs of a data set, and each way to find some by what is asked.

In: the data set that is published beside the page of the matrix, a question's text, words and code.
Out: programs, and the line that offers each shape. CPython 3.6 or newer, the standard library.
"""

import ast
import json
import re

from . import Unanswerable
from .releases import stretch
from .structure import (
    LITERALS,
    functions_of,
    given,
    handed_literals,
    holds,
    is_whole,
    kind_of,
    literals_of,
)

SCHEMA = 1
LISTED = 5
SAFE, UNKNOWN = "safe", "not looked at"
# The worse, the later.
SAFETIES = (SAFE, "refused, as it must be", "right, but not cached", UNKNOWN, "not safe")
CARRIED = {"cache": "cache=True", "aot": "ahead of time"}
# What every question here is about tells no shape from another.
TOPIC = re.compile(
    r"a|an|and|arguments?|as|at|by|call|called|calls|calling|code|does|for|functions?|in|is|its?|my"
    r"|numba|of|on|or|own|python|recursi\w*|run|that|the|this|to|when|which|with"
)
# How a symptom is told, and the (outcome, phase, detail) that it is; "" is any.
SYMPTOMS = (
    (r"sig_?segv|seg(mentation)?[ -]?faults?|access violation", ("crashed", "", "SIGSEGV")),
    (r"sig_?abrt|abort(s|ed)?", ("crashed", "", "SIGABRT")),
    (r"undefined symbol|numba\.unresolved|unresolved symbol", ("raised", "load", "ImportError")),
    (r"crash(es|ed)?|dies|core dump(ed)?", ("crashed", "", "")),
    (r"wrong (value|result|answer)s?", ("wrong", "", "")),
    (r"recompil(es|ed|ing)|compil(es|ed) again", ("recompiled", "", "")),
)


def load(path):
    """Return the data set in a file; raises Unanswerable."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise Unanswerable(f"the data set {path} cannot be read: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise Unanswerable(f"{path} is no data set of schema {SCHEMA}; get one of this version")
    return data


def without_patch(data):
    return [p for p in data["programs"].values() if "@" not in p["id"]]


def did_in(program, wanted, order):
    """Return what a program did in some of the `wanted` cells."""
    return [
        did for did in program["did"]
        if any(not wanted.isdisjoint(stretch(text, order)) for text in did["cells"])
    ]  # fmt: skip


def badness(kind):
    """Sort the safe before the unsafe."""
    return SAFETIES.index(kind["safety"])


def offered(data, programs, *, code=False):
    """Return a line for each shape of these programs: its name and what it is."""
    plainest = sorted(programs, key=plainness)
    says = {}
    for program in plainest:
        says.setdefault(program["shape"], program["says"])
    # What is that code and little else comes before what has it among others.
    sizes = {}
    for program in plainest if code else ():
        size = len(functions_of(program["source"]))
        sizes[program["shape"]] = min(sizes.get(program["shape"], size), size)
    ordered = sorted(says, key=lambda shape: (sizes.get(shape, 0), shape))
    return [f"{data['shapes'][shape]['title']}: {says[shape]}" for shape in ordered]


def plainness(program):
    """Sort the program that tells most of its shape before the others.

    What only compiles again tells little of a shape of which another one crashes.
    """
    worst = max((badness(did) for did in program["did"]), default=0)
    return (
        program["carrier"] != "cache", not program["hazard"], -worst,
        len(program["id"]), program["id"],
    )  # fmt: skip


def newer(names):
    """Return the words for programs of the suite that the data set was not made of."""
    many = len(names) > 1
    listed = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    return (
        f"{len(names)} program{'s' if many else ''} of the suite {'are' if many else 'is'} newer"
        f" than this data set, or changed since, and not in it: {listed}"
    )


def words_of(text):
    return [word.lower() for word in re.findall(r"[^\W_]+", text)]


def by_shape(programs, question):
    # A chapter's address on the page is a name as well.
    words = question.words
    named = words[1:] if words[0] == "hazard" and len(words) > 1 else words
    return [p for p in programs if words_of(p["shape"]) in (words, named)]


def by_id(programs, question):
    named = question.text.strip()
    return [p for p in programs if named in (p["id"], p["id"].partition("/")[2])]


def by_code(programs, question):
    if not re.search(r"[(\[{=.@*+<>-]", question.text):
        return []
    asked = question.code
    call = handed_literals(asked)
    if call is not None:
        meant = {LITERALS.get(kind) for kind in literals_of(call)}
        of_literals = [p for p in programs if p["shape"] in meant]
        if meant != {None} and all(isinstance(a, ast.Name) or kind_of(a) for a in given(call)):
            return of_literals
    squeezed = re.sub(r"\s", "", question.text)
    as_typed = [p for p in programs if squeezed in re.sub(r"\s", "", p["source"])]
    if len({p["shape"] for p in as_typed}) == 1:
        return as_typed
    found = as_typed + [
        p for p in programs if asked and p not in as_typed and holds(p["source"], asked)
    ]
    if call is not None:  # a literal in the call of a recursion by itself is of either shape
        return found + [p for p in of_literals if p not in found]
    return _nothing_but(found) if is_whole(asked) else found


def _nothing_but(programs):
    """Return the programs of the shapes that are nothing but what is asked for, if any is."""
    alone = {p["shape"] for p in programs if len(functions_of(p["source"])) == 1}
    return [p for p in programs if not alone or p["shape"] in alone]


def by_words(programs, question):
    return [p for p in programs if set(question.words) <= set(words_of(f"{p['id']} {p['shape']}"))]


def by_symptom(programs, question, did):
    """Return the hazards that do what is told: those of the first symptom, or of an exception.

    `did` is what counts of each, by id.
    """
    told = [kind for how, kind in SYMPTOMS if re.search(rf"\b({how})\b", question.text.lower())][:1]
    told += [
        ("raised", "", one["detail"])
        for p in programs for one in p["did"]
        if one["outcome"] == "raised" and one["detail"].lower() in question.words
    ]  # fmt: skip
    return [
        p for p in programs
        if p["hazard"] and any(_is_told(one, kind) for one in did[p["id"]] for kind in told[:1])
    ]  # fmt: skip


def _is_told(did, kind):
    return all(
        part in ("", did[name]) for part, name in zip(kind, ("outcome", "phase", "detail"))
    )  # fmt: skip


def by_text(programs, question):
    """Return the programs that are described in all these words, but for those all have."""
    return _with_words(programs, question.words, ("id", "shape", "says", "why"))


def by_source(programs, question):
    """Return those that have them in their text; that is by chance as often as not."""
    return _with_words(programs, question.words, ("id", "shape", "says", "why", "source"))


def _with_words(programs, words, fields):
    texts = {p["id"]: set(words_of(" ".join(p[name] for name in fields))) for p in programs}
    everywhere = set.intersection(*texts.values()) if texts else set()
    wanted = {word for word in words if not TOPIC.fullmatch(word)} - everywhere
    return [p for p in programs if wanted and wanted <= texts[p["id"]]]
