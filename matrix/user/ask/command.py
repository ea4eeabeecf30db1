# SPDX-License-Identifier: BSD-2-Clause
"""Is a shape of recursion safe on these Numba releases, and what is there to write instead?

``numba-matrix ask 'literal seed' --numba '>=0.57'`` answers from a file of what was observed, the
data set that is published beside the page of the matrix. Nothing is run and nothing is fetched, so
that it answers where neither Numba nor the matrix is.

In: the words after `ask`. Out: the answer in words or JSON, and an exit status: 0 safe (or refused,
as it must be), 1 something asked for is not safe (or right, but not cached) or was not looked at,
so that nobody knows, 2 a word is wrong, nothing matches, or more than one shape does. CPython 3.6
or newer, the standard library.
"""

import argparse
import json
import os
import re
import sys

from . import Unanswerable
from .answer import answer_to, is_safe
from .programs import CARRIED, LISTED, SAFE, UNKNOWN, load, newer
from .question import meant, question_in
from .releases import cells_asked

USER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(USER, os.pardir, "data", "ask.json")
WRONG_WORD = 2
PROGRAM = re.compile(r"\S+\.py(::\S+)?")
PATCHES = {
    "remedy": "under the remedy (matrix/user/remedy.py; remedy.install() before the first call)"
}


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Unanswerable(f"{message}; numba-matrix ask --help tells how to ask")


def main(argv):
    """Answer the question in `argv`, the words after the command; return the exit status."""
    try:
        asked = _parsed(argv)
        answer = _answered(asked)
    except Unanswerable as error:
        return _refuse(error)
    except SystemExit as end:  # of --help
        return end.code or 0
    if sys.stdout is None:
        return _refuse(Unanswerable("the answer cannot be written: standard output is closed"))
    text = json.dumps(answer, indent=1) if asked.json else "\n".join(map(_shown, _lines(answer)))
    try:
        print(text, flush=True)
    except OSError as error:
        # What is left would fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # then whoever reads has seen enough
            return _refuse(Unanswerable(f"the answer cannot be written: {error}"))
    return 0 if answer["safe"] else 1


def _refuse(error):
    for line in ("error: " + str(error), *("  " + offer for offer in error.offered)):
        print(_plain(line), file=sys.stderr)
    return WRONG_WORD


def _parsed(argv):
    parser = _Parser(prog="numba-matrix ask", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "question", nargs="+", metavar="WORDS",
        help="a shape (literal seed), a program's id, code (fact(n, 1)) or a symptom (SIGSEGV)",
    )  # fmt: skip
    parser.add_argument("--carrier", choices=sorted(CARRIED), help="of this only; a word does, too")
    parser.add_argument("--numba", default="", metavar="SPEC", help="as in >=0.57 or 0.61 (all)")
    parser.add_argument("--python", default="", metavar="3.X", help="on this CPython (any)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--data", default=DATA, metavar="FILE", help="another ask.json")
    return parser.parse_args(argv)


def _answered(asked):
    for word in asked.question:
        if PROGRAM.fullmatch(word):
            raise Unanswerable(
                f"{word} is a file, and nothing of yours is read here: numba-matrix check {word}"
                " --call 'fact(10)' says whether it is safe; ask takes a shape, code or a symptom"
            )
    data = load(asked.data)
    try:
        cells = cells_asked(data, asked.numba, asked.python)
        question = question_in(" ".join(asked.question), asked.carrier)
        programs, named = meant(data, question, cells[0])
        return answer_to(None if named else question, data, programs, cells)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unanswerable(f"{asked.data} is no data set: {error!r} in it") from None


# --- as text -------------------------------------------------------------------------------------


def _lines(answer):
    known = answer["looked_at"]
    yield from _headlines(answer)
    for program in answer["programs"]:
        yield from _of_program(program, known)
    for program in answer["instead"]:
        yield from _of_way_round(program, known)
    yield ""
    yield f"Of releases after {known[-1]} nothing is known."
    if answer["left_out"]:
        yield f"{newer(answer['left_out'])}."


def _headlines(answer):
    known = answer["looked_at"]
    for under in answer["carriers"]:
        title = answer["shape"]
        forms = [n for n in answer["written_as"] if n.startswith(under["carrier"] + "/")]
        if forms:
            more = " and others" if len(forms) > LISTED else ""
            title += f" as in {', '.join(forms[:LISTED])}{more}"
        on = "; ".join(
            f"{_told_safety(seen)} on Numba {_spans(seen['releases'], known)}"
            for seen in under["on"]
        )
        carrier = CARRIED.get(under["carrier"], under["carrier"])
        patch = ", " + PATCHES.get(under["patch"], under["patch"]) if under["patch"] else ""
        yield f"{title}, {carrier}{patch}: {on}; safe from: {_since(under)}"
        if under["no_way"]:
            yield f"{carrier}: nothing here is safe on {_spans(under['no_way'], known)}"
    if answer["written_as"]:
        yield f"(of no other form of {answer['shape']}: there are hazards among those)"
    yield f"({answer['platform']})"


def _of_program(program, known):
    yield ""
    yield f"{program['id']}: {program['says']}"
    for line in _did(program["on"], known):
        yield f"  {line}"
    yield f"  safe from: {_since(program)}"
    # A promise's reason is one of what it does where it is kept.
    if program["why"] and (program["hazard"] or _is_safe_somewhere(program)):
        kept = program["hazard"] or program["safe"]
        yield f"  why{'' if kept else ' it is safe elsewhere'}: {program['why']}"
    if program["issue"]:
        yield f"  thread: {program['issue']}"
    if "under_the_remedy" in program:
        yield f"  {PATCHES['remedy']}: " + "; ".join(_did(program["under_the_remedy"], known))


def _of_way_round(program, known):
    yield ""
    if not _is_safe_somewhere(program):
        yield f"no way round on these releases either, {program['id']}:"
        yield from (f"  {line}" for line in _did(program["on"], known))
        return
    yield f"write instead, as in {program['id']}: {program['why']}"
    for line in _did(program["on"], known):
        yield f"  {line}"
    yield ""
    for line in program["source"].splitlines():
        yield f"    {line}"


def _is_safe_somewhere(program):
    return any(is_safe(group) for group in program["on"])


def _since(told):
    return told["safe_from"] or ("not known" if told["newest"] == UNKNOWN else "never")


def _told_safety(seen):
    return seen["safety"] + ("," if "," in seen["safety"] else "")


def _did(groups, known):
    for group in groups:
        place = "" if group["safety"] == SAFE else f" in {group['phase']}"
        detail = f" ({group['detail']})" if group["detail"] else ""
        pythons = f" [{', '.join(group['pythons'])}]" if group["pythons"] else ""
        outcome = group["outcome"].replace("_", " ")
        what = f": {outcome}{place}{detail}" if outcome else ""
        why = f", because {group['why']}" if group["why"] else ""
        yield f"{_told_safety(group)} on {_spans(group['releases'], known)}{pythons}{what}{why}"


def _spans(releases, known):
    """Return releases as runs of neighbours among those that were looked at."""
    runs = []
    for release in releases:
        place = known.index(release)
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ", ".join(
        known[first] if first == last else f"{known[first]} - {known[last]}" for first, last in runs
    )


def _plain(text):
    """Return text that no terminal takes for a command."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _shown(line):
    encoding = sys.stdout.encoding or "ascii"
    return _plain(line).encode(encoding, "backslashreplace").decode(encoding)
