# SPDX-License-Identifier: BSD-2-Clause
"""What a question means: the one shape that it is about, or what to ask instead.

In: a question, a data set, the cells that are asked about. Out: programs of one shape; else
`Unanswerable`, with the shapes that it may mean. CPython 3.6 or newer, the standard library.
"""

import ast
import difflib
import functools
import re

from . import Unanswerable
from .programs import (
    CARRIED,
    TOPIC,
    by_code,
    by_id,
    by_shape,
    by_source,
    by_symptom,
    by_text,
    by_words,
    did_in,
    newer,
    offered,
    plainness,
    without_patch,
    words_of,
)
from .releases import looked_at
from .structure import as_functions, calls_a_method, code_in, holds, shapes_of, tree_of

# The one word for what a program did, as README tells them.
OUTCOMES = (
    "hit", "recompiled", "uncacheable", "works", "noticed", "kept", "stale", "sound", "poisoned",
    "wrong", "raised", "crashed", "timed_out",
)  # fmt: skip
THREAD = re.compile(
    r"(?:https?://github\.com/numba/numba/(?:issues|pull)/|(?:(?:numba/)?numba|issue)?\s*#?)"
    r"(\d{3,6})(?:[/?#]\S*)?",
    re.IGNORECASE,
)
CALLED = re.compile(r"\w\(")


class Question:
    """What is asked: the text, the words and the code in it, and the one carrier that is meant."""

    def __init__(self, text, carrier):
        self.text, self.carrier = text, carrier
        self.words, self.code = words_of(text), code_in(text)


def question_in(text, carrier):
    """Return the question in a text; a word of it may name the carrier."""
    words = text.split()
    named = [word for word in words if word.lower() in CARRIED]
    if len(named) != 1 or len(words) == 1 or carrier not in (None, named[0].lower()):
        return Question(text, carrier)
    return Question(" ".join(word for word in words if word not in named), named[0].lower())


def meant(data, question, wanted):
    """Return the programs of one shape that a question is about, and whether it names them.

    The hazards come first. What is told by what it does is told by that on the `wanted` cells.
    """
    if not question.words:
        raise Unanswerable(f"{question.text!r} names nothing; ask for a shape, as in: literal seed")
    programs = [p for p in data["programs"].values() if question.carrier in (None, p["carrier"])]
    plain = [p for p in programs if "@" not in p["id"]]
    found = by_shape(plain, question) or by_id(programs, question)
    if not found:
        _refuse_what_tells_no_shape(data, question, plain)
        _refuse_a_method(data, question, plain)
        _list_what_does(data, question, plain, wanted)
        found = _by_thread(data, question)
    named = bool(found)
    if not found:
        found, named = _described(data, question, plain, wanted)
    offers = offered(data, found, code=bool(question.code))
    if len(offers) > 1:
        told = f"{question.text!r} may mean {len(offers)} shapes; name one of them:"
        raise Unanswerable(told, offers)
    if not found:
        _refuse_what_is_elsewhere(data, question)
        _refuse_what_is_not_here(data, question, programs, plain)
    return sorted(found, key=plainness), named


def _described(data, question, plain, wanted):
    """Return the programs that have such code or words or do such things, and whether by name."""
    order = looked_at(data)
    did = {p["id"]: did_in(p, set(wanted), order) for p in plain}
    symptom = functools.partial(by_symptom, did=did)
    # The words of code tell nothing: nearly every program has an n and a 1.
    ways = (by_code, by_words, symptom, by_text, by_source)
    if question.code or CALLED.search(question.text):
        ways = (by_code, symptom)
    for way in ways:
        found = way(plain, question)
        if found and way in (by_code, by_source) and not question.code:
            told = f"{question.text!r} tells too little; it may be:"
            raise Unanswerable(told, offered(data, found))
        if found:
            return found, way is by_words
    return [], False


def _by_thread(data, question):
    """Return the programs of the one shape whose claims name a thread, given how it is called."""
    thread = THREAD.fullmatch(question.text.strip())
    if thread is None:
        return []
    number = int(thread.group(1))
    named = re.compile(rf"[/#]{number}\b")
    every = [
        p for p in without_patch(data)
        if named.search(" ".join([p["issue"], *(did.get("why", "") for did in p["did"])]))
    ]  # fmt: skip
    if not every:
        raise Unanswerable(f"nothing here is claimed of numba#{number}")
    found = [p for p in every if question.carrier in (None, p["carrier"])]
    if not found:
        _refuse_here(data, f"numba#{number}", every)
    offers = offered(data, found)
    if len(offers) > 1:
        told = f"numba#{number} is the thread of {len(offers)} shapes; name one of them:"
        raise Unanswerable(told, offers)
    return found


def _list_what_does(data, question, plain, wanted):
    """Raise with the shapes of the programs that do what an outcome's word says."""
    outcome = "_".join(word for word in question.words if not TOPIC.fullmatch(word))
    if outcome not in OUTCOMES:
        return
    order = looked_at(data)
    done = [p for p in without_patch(data) if any(d["outcome"] == outcome for d in p["did"])]
    here = [
        p for p in done
        if p in plain and any(d["outcome"] == outcome for d in did_in(p, set(wanted), order))
    ]  # fmt: skip
    if here:
        offers = offered(data, here)
        shapes = f"{len(offers)} shapes" if len(offers) > 1 else "one shape"
        told = f"{question.text!r} is what programs of {shapes} do; name one:"
        raise Unanswerable(told, offers)
    if done:
        _refuse_here(data, question.text, done)
    raise Unanswerable(f"{question.text!r} is what no program here does")


def _refuse_what_tells_no_shape(data, question, plain):
    """Raise for words that every shape shares, and for a statement that calls nothing."""
    tree = None if question.code else tree_of(question.text)
    statement = tree is not None and any(not isinstance(node, ast.Expr) for node in tree.body)
    common = all(map(TOPIC.fullmatch, question.words)) and not CALLED.search(question.text)
    if statement or common:
        raise Unanswerable(
            f"{question.text!r} tells no shape from another; name one:",
            offered(data, [p for p in plain if p["carrier"] in CARRIED]),
        )


def _refuse_a_method(data, question, plain):
    """Raise for what calls a method of its own: no program here has one."""
    if not calls_a_method(question.code):
        return
    shapes = shapes_of(as_functions(question.code)) or {"self"}
    raise Unanswerable(
        f"{question.text!r} calls a method, and every program here is of functions: have"
        " numba-matrix check look at your code. As a function it may be:",
        offered(data, [p for p in plain if p["shape"] in shapes]),
    )


def _refuse_what_is_elsewhere(data, question):
    every = without_patch(data)
    elsewhere = by_symptom(every, question, did={p["id"]: p["did"] for p in every})
    if elsewhere:
        _refuse_here(data, question.text, elsewhere)


def _refuse_here(data, told, elsewhere):
    raise Unanswerable(
        f"{told!r} is not seen on the releases, Pythons and carrier that are asked about;"
        " elsewhere it is:",
        offered(data, elsewhere),
    )


def _refuse_what_is_not_here(data, question, programs, plain):
    text, code = question.text, question.code
    alike = [p for p in plain if code and holds(p["source"], code, kinds=0)]
    if alike:
        told = f"no program here has {text!r}; these have it but for the kind of a literal:"
        raise Unanswerable(told, offered(data, alike))
    shapes = shapes_of(code)
    alike = [p for p in plain if p["shape"] in shapes]
    if alike:
        told = f"no program here has {text!r}, whatever the names; by what is in it it may be:"
        raise Unanswerable(told, offered(data, alike))
    shapes = {p["shape"] for p in plain}
    titles = [shape["title"] for name, shape in data["shapes"].items() if name in shapes]
    left_out = data.get("left_out", [])
    names = titles + [p["id"] for p in programs] + left_out
    near = difflib.get_close_matches(" ".join(question.words), names, n=3)
    on = f" under {CARRIED[question.carrier]}" if question.carrier else ""
    unknown = [name for name in left_out if text.strip() in (name, name.partition("/")[2])]
    since = f"; {newer(unknown or left_out)}" if left_out else ""
    raise Unanswerable(
        f"nothing here matches {text!r}{on}{since}; "
        + ("did you mean " + " or ".join(near) + "?" if near else "shapes: " + ", ".join(titles))
    )
