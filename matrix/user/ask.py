# SPDX-License-Identifier: BSD-2-Clause
"""Is a shape of recursion safe on these Numba releases, and what is there to write instead?

``numba-matrix ask 'literal seed' --numba '>=0.57'`` answers from a file of what was observed, the
data set that is published beside the page of the matrix. Nothing is run and nothing is fetched;
one file of the standard library, so that it answers where neither Numba nor the matrix is.

Exit status: 0 safe (or refused, as it must be), 1 something asked for is not safe (or right, but
not cached) or was not looked at, so that nobody knows, 2 a word is wrong, nothing matches, or more
than one shape does.
"""

import argparse
import ast
import builtins
import difflib
import functools
import json
import os
import re
import sys
import textwrap

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "data", "ask.json")
SCHEMA = 1
SAFE, UNKNOWN, WRONG_WORD = "safe", "not looked at", 2
LISTED = 5
DONE = ("safety", "outcome", "phase", "detail", "why")
# The worse, the later.
SAFETIES = (SAFE, "refused, as it must be", "right, but not cached", UNKNOWN, "not safe")
CARRIED = {"cache": "cache=True", "aot": "ahead of time"}
PATCHES = {
    "remedy": "under the remedy (matrix/user/remedy.py; remedy.install() before the first call)"
}
NUMBERS = {"int", "float", "complex"}
# A literal that compiled code hands on is a type of its own, whatever the function is called and
# however many arguments it takes: by its kind, the shape that shows it.
LITERALS = {"int": "literal_seed", "bool": "literal_bool"}
# What two pieces of code that do the same may differ in.
UNTOLD = ("ctx", "kind", "type_comment", "type_params", "annotation", "returns")
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
PROGRAM = re.compile(r"\S+\.py(::\S+)?")
# As the answer prints them: both ends are in it.
RANGE = re.compile(r"(\d+(?:\.\d+)*)\s*(?:\.\.|-|\u2013)\s*(\d+(?:\.\d+)*)(?:\s*\(\d+ of \d+\))?")
CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)?\s*(\d+(?:\.\d+)*)(\.\*)?\s*")


class Unanswerable(Exception):
    """What is wrong with the question, or with the file to answer it from; a line per offer."""

    def __init__(self, message, offered=()):
        super().__init__(message)
        self.offered = list(offered)


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
    data = _load(asked.data)
    try:
        cells = _cells(data, asked.numba, asked.python)
        question, carrier = _carried(" ".join(asked.question), asked.carrier)
        programs, named = _found(data, question, carrier, cells[0])
        return _answer_if_shown(data, programs, cells, "" if named else question)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unanswerable(f"{asked.data} is no data set: {error!r} in it") from None


def _load(path):
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise Unanswerable(f"the data set {path} cannot be read: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise Unanswerable(f"{path} is no data set of schema {SCHEMA}; get one of this version")
    return data


# --- releases ------------------------------------------------------------------------------------


def contains(specifier, release):
    """Whether a release is in a specifier such as ``>=0.57,<0.60``; ``0.57`` means all of it.

    As on the page, words are a union, ``A - B`` is a range, and releases that a comma joins are
    merely listed. Raises Unanswerable for what is no specifier. It knows stable releases only, as
    the data does.
    """
    alternatives = _alternatives(specifier)
    return not alternatives or any(_meant(one, _numbers(release)) for one in alternatives)


def _alternatives(specifier):
    """Return each word of a specifier as the ends of a range, or as its clauses."""
    text = RANGE.sub(r"\1..\2", specifier)
    text = re.sub(r",\s+(?=\d)", " ", text)
    # Blanks within a clause, and after a comma, part nothing.
    words = re.sub(r"(?<=[<>=!~,])\s+(?=[\d<>=!~])|\s+(?=,)", "", text).split()
    return [_alternative(word, specifier) for word in words]


def _alternative(word, specifier):
    if RANGE.fullmatch(word):
        return word.split("..")
    found = [CLAUSE.fullmatch(part) for part in word.split(",")]
    wrong = [
        match for match in found
        if match is None
        or (match.group(3) and match.group(1) in ("~=", "<=", ">=", "<", ">"))
        or (match.group(1) == "~=" and "." not in match.group(2))
    ]  # fmt: skip
    if wrong:
        raise Unanswerable(f"--numba {specifier!r} is no specifier; one looks like '>=0.57,<0.60'")
    return found


def _meant(alternative, release):
    if isinstance(alternative[0], str):
        first, last = map(_numbers, alternative)
        begun = _satisfies(release, ">=", first, wild=False)
        return begun and (
            _satisfies(release, "<=", last, wild=False) or release[: len(last)] == last
        )
    # A release line stands for all its releases, as it does among the matrix's selectors.
    holds = [
        _satisfies(
            release,
            m.group(1) or "==",
            _numbers(m.group(2)),
            wild=bool(m.group(3) or not m.group(1)),
        )
        for m in alternative
    ]
    # Nothing is two releases at once.
    return any(holds) if not any(m.group(1) for m in alternative) else all(holds)


def _satisfies(release, sign, version, *, wild):
    longest = max(len(release), len(version))
    one, other = _padded(release, longest), _padded(version, longest)
    if sign == "~=":
        return one >= other and one[: len(version) - 1] == version[:-1]
    if wild:
        return (one[: len(version)] == version) is (sign == "==")
    return {
        "==": one == other, "!=": one != other, "<=": one <= other, ">=": one >= other,
        "<": one < other, ">": one > other,
    }[sign]  # fmt: skip


def _numbers(version):
    return tuple(int(part) for part in version.split("."))


def _padded(version, length):
    return version + (0,) * (length - len(version))


def _cells(data, specifier, python):
    """Return the cells asked for, and all on these CPythons, as (release, CPython) each."""
    every = [_parts(cell) for cell in data["cells"]]
    known = list(dict.fromkeys(release for release, _ in every))
    pythons = sorted({python for _, python in every}, key=_numbers)
    if python and python not in pythons:
        raise Unanswerable(
            f"nothing was looked at on Python {python}; there are {', '.join(pythons)}"
        )
    there = [cell for cell in every if python in ("", cell[1])]
    wanted = [cell for cell in there if contains(specifier, cell[0])]
    if not wanted:
        on = f" on Python {python}" if python else ""
        here = list(dict.fromkeys(release for release, _ in there)) or known
        raise Unanswerable(
            f"no release that was looked at{on} is in {specifier!r}: there are {here[0]} to"
            f" {here[-1]}; of later ones nothing is known"
        )
    return wanted, there


def _parts(cell):
    release, _, tag = cell.rpartition("-cp")
    return release, f"{tag[0]}.{tag[1:]}"


# --- what is meant -------------------------------------------------------------------------------


def _carried(question, carrier):
    """Return the question without a word that names a carrier, and the carrier, or None."""
    words = question.split()
    named = [word for word in words if word.lower() in CARRIED]
    if len(named) != 1 or len(words) == 1 or carrier not in (None, named[0].lower()):
        return question, carrier
    return " ".join(word for word in words if word not in named), named[0].lower()


def _found(data, question, carrier, wanted):
    """Return the programs of one shape that a question is about, and whether it names them.

    The hazards come first. What is told by what it does is told by that on the `wanted` cells.
    """
    words = _words(question)
    if not words:
        raise Unanswerable(f"{question!r} names nothing; ask for a shape, as in: literal seed")
    programs = [p for p in data["programs"].values() if carrier in (None, p["carrier"])]
    plain = [p for p in programs if "@" not in p["id"]]
    found = _by_shape(plain, question, words) or _by_id(programs, question, words)
    named = bool(found)
    if not found:
        _refuse_what_tells_no_shape(data, question, plain)
        _refuse_a_method(data, question, plain)
        _list_what_does(data, question, plain, wanted)
        found = _by_thread(data, question, carrier)
        named = bool(found)
    order = [_parts(cell) for cell in data["cells"]]
    did = {p["id"]: _did_in(p, set(wanted), order) for p in plain}
    by_symptom = functools.partial(_by_symptom, did=did)
    # The words of code tell nothing: nearly every program has an n and a 1.
    ways = (_by_code, _by_words, by_symptom, _by_text, _by_source)
    if _asked_code(question) or CALLED.search(question):
        ways = (_by_code, by_symptom)
    for meant in ways:
        if found:
            break
        found = meant(plain, question, words)
        named = bool(found) and meant is _by_words
        if found and meant in (_by_code, _by_source) and not _asked_code(question):
            raise Unanswerable(f"{question!r} tells too little; it may be:", _offers(data, found))
    offers = _offers(data, found, code=bool(_asked_code(question)))
    if len(offers) > 1:
        told = f"{question!r} may mean {len(offers)} shapes; name one of them:"
        raise Unanswerable(told, offers)
    if not found:
        every = _without_patch(data)
        elsewhere = _by_symptom(every, question, words, did={p["id"]: p["did"] for p in every})
        if elsewhere:
            _refuse_here(data, question, elsewhere)
        _refuse_what_is_not_here(data, question, carrier, programs, plain)
    return sorted(found, key=_plainness), named


def _refuse_what_tells_no_shape(data, question, plain):
    """Raise for words that every shape shares, and for a statement that calls nothing."""
    tree = None if _asked_code(question) else _tree(question)
    statement = tree is not None and any(not isinstance(node, ast.Expr) for node in tree.body)
    common = all(map(TOPIC.fullmatch, _words(question))) and not CALLED.search(question)
    if statement or common:
        raise Unanswerable(
            f"{question!r} tells no shape from another; name one:",
            _offers(data, [p for p in plain if p["carrier"] in CARRIED]),
        )


def _refuse_a_method(data, question, plain):
    """Raise for what calls a method of its own: no program here has one."""
    asked = _asked_code(question)
    if not any(map(_own_method, _nodes(asked))):
        return
    as_functions = [_Unbound().visit(node) for node in asked]
    shapes = _traits(as_functions) or {"self"}
    raise Unanswerable(
        f"{question!r} calls a method, and every program here is of functions: have numba-matrix"
        " check look at your code. As a function it may be:",
        _offers(data, [p for p in plain if p["shape"] in shapes]),
    )


def _own_method(node):
    func = getattr(node, "func", None)
    value = getattr(func, "value", None)
    return isinstance(func, ast.Attribute) and getattr(value, "id", None) in ("self", "cls")


class _Unbound(ast.NodeTransformer):
    """Makes ``self.f(n)`` of a method ``f(n)``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if _own_method(node):
            node.func = ast.copy_location(ast.Name(node.func.attr, ast.Load()), node.func)
        return node


def _list_what_does(data, question, plain, wanted):
    """Raise with the shapes of the programs that do what an outcome's word says."""
    outcome = "_".join(word for word in _words(question) if not TOPIC.fullmatch(word))
    if outcome not in OUTCOMES:
        return
    order = [_parts(cell) for cell in data["cells"]]
    done = [p for p in _without_patch(data) if any(d["outcome"] == outcome for d in p["did"])]
    here = [
        p for p in done
        if p in plain and any(d["outcome"] == outcome for d in _did_in(p, set(wanted), order))
    ]  # fmt: skip
    if here:
        offers = _offers(data, here)
        shapes = f"{len(offers)} shapes" if len(offers) > 1 else "one shape"
        told = f"{question!r} is what programs of {shapes} do; name one:"
        raise Unanswerable(told, offers)
    if done:
        _refuse_here(data, question, done)
    raise Unanswerable(f"{question!r} is what no program here does")


def _refuse_here(data, question, elsewhere):
    raise Unanswerable(
        f"{question!r} is not seen on the releases, Pythons and carrier that are asked about;"
        " elsewhere it is:",
        _offers(data, elsewhere),
    )


def _without_patch(data):
    return [p for p in data["programs"].values() if "@" not in p["id"]]


def _did_in(program, wanted, order):
    """Return what a program did in some of the `wanted` cells."""
    return [
        did for did in program["did"]
        if any(not wanted.isdisjoint(_stretch(text, order)) for text in did["cells"])
    ]  # fmt: skip


def _by_thread(data, question, carrier):
    """Return the programs of the one shape whose claims name a thread, given how it is called."""
    thread = THREAD.fullmatch(question.strip())
    if thread is None:
        return []
    number = int(thread.group(1))
    named = re.compile(rf"[/#]{number}\b")
    every = [
        p for p in _without_patch(data)
        if named.search(" ".join([p["issue"], *(did.get("why", "") for did in p["did"])]))
    ]  # fmt: skip
    if not every:
        raise Unanswerable(f"nothing here is claimed of numba#{number}")
    found = [p for p in every if carrier in (None, p["carrier"])]
    if not found:
        _refuse_here(data, f"numba#{number}", every)
    offers = _offers(data, found)
    if len(offers) > 1:
        told = f"numba#{number} is the thread of {len(offers)} shapes; name one of them:"
        raise Unanswerable(told, offers)
    return found


def _refuse_what_is_not_here(data, question, carrier, programs, plain):
    words = _words(question)
    asked = _asked_code(question)
    alike = [p for p in plain if asked and _holds(p["source"], asked, kinds=0)]
    if alike:
        told = f"no program here has {question!r}; these have it but for the kind of a literal:"
        raise Unanswerable(told, _offers(data, alike))
    traits = _traits(asked)
    alike = [p for p in plain if p["shape"] in traits]
    if alike:
        told = f"no program here has {question!r}, whatever the names; by what is in it it may be:"
        raise Unanswerable(told, _offers(data, alike))
    shapes = {p["shape"] for p in plain}
    titles = [shape["title"] for name, shape in data["shapes"].items() if name in shapes]
    newer = data.get("left_out", [])
    names = titles + [p["id"] for p in programs] + newer
    near = difflib.get_close_matches(" ".join(words), names, n=3)
    on = f" under {CARRIED[carrier]}" if carrier else ""
    unknown = [name for name in newer if question.strip() in (name, name.partition("/")[2])]
    since = f"; {_newer(unknown or newer)}" if newer else ""
    raise Unanswerable(
        f"nothing here matches {question!r}{on}{since}; "
        + ("did you mean " + " or ".join(near) + "?" if near else "shapes: " + ", ".join(titles))
    )


def _newer(names):
    """Return the words for programs of the suite that the data set was not made of."""
    many = len(names) > 1
    listed = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    return (
        f"{len(names)} program{'s' if many else ''} of the suite {'are' if many else 'is'} newer"
        f" than this data set, or changed since, and not in it: {listed}"
    )


def _answer_if_shown(data, programs, cells, question):
    """Return the answer, or raise where code that may be another program would be called safe.

    What calls, and with which types, is not in a fragment, nor is a signature in a bare definition.
    Without a question these programs were asked for by name.
    """
    answer = _answer(data, programs, cells)
    asked = _asked_code(question)
    call = _handed_literals(asked)
    if call is not None and all(map(_kind, _given(call))):
        raise Unanswerable(
            f"{question!r}: called from Python, a literal is a value like any other; only what"
            " compiled code hands on is a type of its own. Name it, if that is meant:",
            _offers(data, programs),
        )
    instead = {name for p in data["programs"].values() for name in p["instead"]}
    telling = [p for p in programs if _is_signed(asked) or p["id"] not in instead]
    known = {p["carrier"] for p in telling} if _is_whole(asked) else set()
    # A line that is in one hazard only because nothing else here has it shows no cause of one.
    shapes = _traits(asked)
    shown = [p for p in programs if not asked or _is_whole(asked) or call or p["shape"] in shapes]
    known |= {p["carrier"] for p in shown if p["hazard"]} & _unsafe_under(answer)
    if not question or known >= {under["carrier"] for under in answer["carriers"]}:
        return answer
    lacks = "what it calls, is called with or is compiled for is not in it" if asked else "no name"
    others = [p for p in _without_patch(data) if p["shape"] in shapes]
    raise Unanswerable(
        f"{question!r} alone tells too little to call it safe ({lacks}); name what is meant, or"
        " have numba-matrix check look at your code:",
        _offers(data, programs + others),
    )


def _unsafe_under(answer):
    return {
        under["carrier"] for under in answer["carriers"]
        if any(seen["safety"] not in SAFETIES[:2] for seen in under["on"])
    }  # fmt: skip


def _offers(data, programs, *, code=False):
    """Return a line for each shape of these programs: its name and what it is."""
    plainest = sorted(programs, key=_plainness)
    says = {}
    for program in plainest:
        says.setdefault(program["shape"], program["says"])
    # What is that code and little else comes before what has it among others.
    sizes = {p["shape"]: len(_functions(p["source"])) for p in plainest if code}
    for program in plainest if code else ():
        sizes[program["shape"]] = min(sizes[program["shape"]], len(_functions(program["source"])))
    ordered = sorted(says, key=lambda shape: (sizes.get(shape, 0), shape))
    return [f"{data['shapes'][shape]['title']}: {says[shape]}" for shape in ordered]


def _plainness(program):
    """Sort the program that tells most of its shape before the others.

    What only compiles again tells little of a shape of which another one crashes.
    """
    worst = max((_badness(did) for did in program["did"]), default=0)
    return (
        program["carrier"] != "cache", not program["hazard"], -worst,
        len(program["id"]), program["id"],
    )  # fmt: skip


def _words(text):
    return [word.lower() for word in re.findall(r"[^\W_]+", text)]


def _by_id(programs, question, words):
    named = question.strip()
    return [p for p in programs if named in (p["id"], p["id"].partition("/")[2])]


def _by_shape(programs, question, words):
    # A chapter's address on the page is a name as well.
    named = words[1:] if words[0] == "hazard" and len(words) > 1 else words
    return [p for p in programs if _words(p["shape"]) in (words, named)]


def _by_code(programs, question, words):
    if not re.search(r"[(\[{=.@*+<>-]", question):
        return []
    asked = _asked_code(question)
    call = _handed_literals(asked)
    if call is not None:
        meant = {LITERALS.get(kind) for kind in _literals_of(call)}
        of_literals = [p for p in programs if p["shape"] in meant]
        if meant != {None} and all(isinstance(a, ast.Name) or _kind(a) for a in _given(call)):
            return of_literals
    squeezed = re.sub(r"\s", "", question)
    as_typed = [p for p in programs if squeezed in re.sub(r"\s", "", p["source"])]
    if len({p["shape"] for p in as_typed}) == 1:
        return as_typed
    found = as_typed + [
        p for p in programs if asked and p not in as_typed and _holds(p["source"], asked)
    ]
    if call is not None:  # a literal in the call of a recursion by itself is of either shape
        return found + [p for p in of_literals if p not in found]
    return _nothing_but(found) if _is_whole(asked) else found


def _nothing_but(programs):
    """Return the programs of the shapes that are nothing but what is asked for, if any is."""
    alone = {p["shape"] for p in programs if len(_functions(p["source"])) == 1}
    return [p for p in programs if not alone or p["shape"] in alone]


def _by_words(programs, question, words):
    return [p for p in programs if set(words) <= set(_words(f"{p['id']} {p['shape']}"))]


def _by_symptom(programs, question, words, did):
    """Return the hazards that do what is told: those of the first symptom, or of an exception.

    `did` is what counts of each, by id.
    """
    told = [kind for how, kind in SYMPTOMS if re.search(rf"\b({how})\b", question.lower())][:1]
    told += [
        ("raised", "", one["detail"])
        for p in programs for one in p["did"]
        if one["outcome"] == "raised" and one["detail"].lower() in words
    ]  # fmt: skip
    return [
        p for p in programs
        if p["hazard"] and any(_is_told(one, kind) for one in did[p["id"]] for kind in told[:1])
    ]  # fmt: skip


def _is_told(did, kind):
    return all(
        part in ("", did[name]) for part, name in zip(kind, ("outcome", "phase", "detail"))
    )  # fmt: skip


def _by_text(programs, question, words):
    """Return the programs that are described in all these words, but for those all have."""
    return _with_words(programs, words, ("id", "shape", "says", "why"))


def _by_source(programs, question, words):
    """Return those that have them in their text; that is by chance as often as not."""
    return _with_words(programs, words, ("id", "shape", "says", "why", "source"))


def _with_words(programs, words, fields):
    texts = {p["id"]: set(_words(" ".join(p[name] for name in fields))) for p in programs}
    everywhere = set.intersection(*texts.values()) if texts else set()
    wanted = {word for word in words if not TOPIC.fullmatch(word)} - everywhere
    return [p for p in programs if wanted and wanted <= texts[p["id"]]]


# --- code, by its structure ----------------------------------------------------------------------


def _asked_code(text):
    """Return the statements of a piece of code, or nothing if it has no structure to look for."""
    # A head, as in `def f(n):`, needs a body; the end may be left off.
    for whole in (text, text + "\n    pass", text + ")"):
        tree = _tree(whole)
        if tree is not None:
            body = [
                node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))
            ]
            telling = (ast.Call, ast.FunctionDef, ast.Subscript, ast.Yield, ast.YieldFrom)
            nodes = [node for part in body for node in ast.walk(part)]
            return body if any(isinstance(node, telling) for node in nodes) else []
    return []


def _nodes(asked):
    return [node for part in asked for node in ast.walk(part)]


def _given(call):
    return call.args + [keyword.value for keyword in call.keywords]


def _kind(node):
    """Return the kind of a literal, a negative number's too."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd))
    return _literal(node.operand if negative else node)


def _literals_of(call):
    return [kind for kind in map(_kind, _given(call)) if kind]


def _calls(asked):
    """Return the calls of functions that somebody wrote, but for decorators."""
    decorators = [d for function in _defined(asked) for d in function.decorator_list]
    return [
        node for node in _nodes(asked)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id not in dir(builtins) and node not in decorators
    ]  # fmt: skip


def _handed_literals(asked):
    """Return the call that hands a literal on, where the code is that call and no more."""
    value = getattr(asked[0], "value", None) if len(asked) == 1 else None
    called = [call for call in _calls(asked) if call is value and _literals_of(call)]
    return called[0] if called else None


def _defined(asked):
    return [node for node in _nodes(asked) if isinstance(node, ast.FunctionDef)]


def _is_whole(asked):
    """Whether code has functions, and all that they call."""
    functions = _defined(asked)
    shown = {function.name for function in functions}
    only_heads = any(isinstance(f.body[-1], ast.Pass) for f in functions)
    return bool(shown) and not only_heads and {c.func.id for c in _calls(asked)} <= shown


def _is_signed(asked):
    """Whether the functions in code say what they are compiled for."""
    decorated = [function.decorator_list for function in _defined(asked)]
    return bool(decorated) and all(
        any(isinstance(d, ast.Call) and d.args for d in decorators) for decorators in decorated
    )


def _functions(source):
    tree = _tree(source)
    return [f.name for f in _defined(tree.body if tree else []) if f.name != "run"]


def _traits(asked):
    """Return the shapes that code may be of by what is in it, where no program here is it."""
    calls = _calls(asked)
    shapes = {LITERALS[kind] for call in calls for kind in _literals_of(call) if kind in LITERALS}
    shapes |= _of_arguments([given for call in calls for given in _given(call)])
    functions = _defined(asked)
    called = {f.name: {call.func.id for call in _calls([f])} for f in functions}
    if any(f in called[g] and g in called[f] for f in called for g in called if f != g):
        shapes.add("even_odd")
    own = [shape for f in functions if f.name in called[f.name] for shape in _of_recursion(f)]
    # Of what returns, the plainest is a recursion whose calls all have the types of the first.
    recursive = any(f.name in called[f.name] for f in functions)
    return shapes.union(own) or ({"self"} if recursive else set())


def _of_recursion(function):
    within = list(ast.walk(function))
    own = [call for call in _calls([function]) if call.func.id == function.name]
    returned = [node.value for node in within if isinstance(node, ast.Return)]
    has = {
        "default": bool(function.args.defaults),
        "generator": any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in within),
        "ackermann": any("int" in _literals_of(call) for call in own),
        "runaway": isinstance(function.body[-1], ast.Return)
        and all(_always_calls(value, function.name) for value in returned),
    }
    return [shape for shape, is_so in has.items() if is_so]


def _of_arguments(arguments):
    shapes = set()
    for node in _nodes(arguments):
        if isinstance(node, ast.Div) or _literal(node) == "float":
            shapes.add("promoted")
        elif isinstance(node, ast.Not):
            shapes.add("literal_bool")
        elif isinstance(node, ast.Slice):
            shapes |= {"layout", "shrinking_tuple"}
        elif isinstance(node, ast.Tuple):
            shapes.add("growing_tuple")
    return shapes


def _always_calls(value, name):
    """Whether there is no way through an expression without a call of that name."""
    if isinstance(value, ast.IfExp):
        return _always_calls(value.body, name) and _always_calls(value.orelse, name)
    if isinstance(value, ast.BoolOp):
        return _always_calls(value.values[0], name)
    return value is not None and any(c.func.id == name for c in _calls([ast.Expr(value)]))


@functools.lru_cache(maxsize=None)
def _tree(text):
    try:
        return ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _holds(source, asked, kinds=1):
    """Whether a program has these statements, or the value of a single one, whatever the names."""
    tree = _tree(source)
    if tree is None:
        return False
    nodes = list(ast.walk(tree))
    imported = [
        alias.asname or alias.name for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names
    ]  # fmt: skip
    fixed = set(dir(builtins)) | set(imported)
    value = getattr(asked[0], "value", None) if len(asked) == 1 else None
    valued = isinstance(asked[0], (ast.Expr, ast.Return, ast.Assign)) and value is not None
    if valued and any(_alike(value, node, ({}, {}), fixed, kinds) for node in nodes):
        return True
    bodies = [getattr(node, name, None) for node in nodes for name in ("body", "orelse")]
    return any(
        _alike(asked, body[start : start + len(asked)], ({}, {}), fixed, kinds)
        for body in bodies if isinstance(body, list) for start in range(len(body))
    )  # fmt: skip


def _alike(one, other, names, fixed, kinds):
    """Whether two pieces of code are the same but for names and the values of literals.

    `names` maps those of one to those of the other and back, so that a function's call of itself
    is such a call in both; `fixed` are names that mean the same everywhere.
    """
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _alike(a, b, names, fixed, kinds) for a, b in zip(one, other)
        )
    if not (isinstance(one, ast.AST) and isinstance(other, ast.AST)):
        return one == other
    literal, of_other = _literal(one), _literal(other)
    if literal or of_other:
        return literal == of_other or (not kinds and {literal, of_other} <= NUMBERS)
    return type(one) is type(other) and all(
        _same_name(a, b, names, fixed) if named else _alike(a, b, names, fixed, kinds)
        for a, b, named in _fields(one, other)
    )


def _fields(one, other):
    """Yield the fields of two nodes of one type that matter, and whether they are names."""
    for field in one._fields:
        a, b = getattr(one, field, None), getattr(other, field, None)
        if field == "body" and isinstance(one, ast.FunctionDef):
            a, b = _undocumented(a), _undocumented(b)
            if len(a) == 1 and isinstance(a[0], ast.Pass):  # only the head is asked for
                continue
        if field not in UNTOLD and (field != "decorator_list" or a):
            named = field in ("id", "name") or isinstance(one, (ast.arg, ast.keyword))
            yield a, b, named and isinstance(a, str)


def _same_name(one, other, names, fixed):
    one = "np" if one == "numpy" else one
    if one in fixed or other in fixed:
        return one == other
    there, back = names
    return there.setdefault(one, other) == other and back.setdefault(other, one) == one


def _literal(node):
    """Return the kind of a literal; as it is told by CPython 3.6, and since 3.8."""
    for name, field in (
        ("Constant", "value"),
        ("Num", "n"),
        ("Str", "s"),
        ("NameConstant", "value"),
    ):
        if type(node).__name__ == name:
            return type(getattr(node, field)).__name__
    return None


def _undocumented(body):
    first = body[0] if body else None
    return body[1:] if isinstance(first, ast.Expr) and _literal(first.value) == "str" else body


# --- the answer ----------------------------------------------------------------------------------


def _answer(data, programs, cells):
    wanted, there = cells
    order = [_parts(cell) for cell in data["cells"]]
    shape = data["shapes"][programs[0]["shape"]]
    names = list(dict.fromkeys(name for program in programs for name in program["instead"]))
    instead = [data["programs"][name] for name in names if name in data["programs"]]
    carriers = [
        _under(data, carrier, [p for p in programs if p["carrier"] == carrier], cells, order)
        for carrier in dict.fromkeys(p["carrier"] for p in programs)
    ]
    return {
        "shape": shape["title"],
        "safe": all(carrier["safe"] for carrier in carriers),
        "platform": data["platform"],
        "releases": _releases(wanted),
        "looked_at": _releases(order),
        "written_as": _written_as(data, programs),
        "left_out": data.get("left_out", []),
        "address": shape["address"],
        "carriers": carriers,
        "programs": [
            _told(data, program, wanted, there, order)
            for program in programs if program["id"] not in names
        ],
        "instead": [
            dict(_told(data, program, wanted, there, order), source=program["source"])
            for program in instead
        ],
    }  # fmt: skip


def _written_as(data, programs):
    """Return those of the programs found that leave out a hazard of their shape and carrier.

    What they do says nothing of the shape then.
    """
    names = [program["id"] for program in programs]
    left_out = {
        p["carrier"] for p in _without_patch(data)
        if p["hazard"] and p["shape"] == programs[0]["shape"] and p["id"] not in names
    }  # fmt: skip
    return [program["id"] for program in programs if program["carrier"] in left_out]


def _under(data, carrier, programs, cells, order):
    """Return how safe a shape is under a carrier: the worst of its hazards, or of all programs.

    Where a program was not looked at that is more than a way round another, it is not safe.
    """
    wanted, there = cells
    around = {name for program in data["programs"].values() for name in program["instead"]}
    judged = [p for p in programs if p["hazard"]] or programs
    worst = {}
    for did in (_by_cell(program, order) for program in judged):
        for cell in there:
            kind = did.get(cell, {"safety": UNKNOWN})
            worst[cell] = max(worst.get(cell, kind), kind, key=_badness)
    for did in (_by_cell(p, order) for p in programs if p["id"] not in around):
        for cell in there:
            if cell not in did:
                worst[cell] = max(worst[cell], {"safety": UNKNOWN}, key=_badness)
    words = {}
    for release in _releases(wanted):
        seen = {worst[cell]["safety"] for cell in wanted if cell[0] == release}
        word = max(seen, key=SAFETIES.index)
        on = word if len(seen) == 1 else word + " on some Pythons"
        words.setdefault((SAFETIES.index(word), on), []).append(release)
    patch = programs[0]["id"].partition("@")[2]
    return {
        "carrier": carrier,
        "patch": patch,
        "safe": all(_is_safe(worst[cell]) for cell in wanted),
        "safe_from": _safe_from(worst, there),
        "newest": _newest(worst, there),
        "no_way": _no_way(data, programs, wanted, order),
        "on": [
            {"safety": on, "releases": words[rank, on]}
            for rank, on in sorted(words, key=lambda key: -key[0])
        ],
    }


def _no_way(data, programs, wanted, order):
    """Return the releases on which neither these programs nor any way round them is safe."""
    names = [program["id"] for program in programs]
    names += [name for program in programs for name in program["instead"]]
    names += [f"{name}@remedy" for name in names]
    did = [_by_cell(data["programs"][n], order) for n in names if n in data["programs"]]
    unsafe = {
        cell for cell in wanted
        if all(cell in one and one[cell]["safety"] == SAFETIES[-1] for one in did)
    }  # fmt: skip
    return [r for r in _releases(wanted) if all(c in unsafe for c in wanted if c[0] == r)]


def _badness(kind):
    return SAFETIES.index(kind["safety"])


def _by_cell(program, order):
    return {
        cell: kind
        for kind in program["did"]
        for stretch in kind["cells"]
        for cell in _stretch(stretch, order)
    }


def _told(data, program, wanted, there, order):
    did = _by_cell(program, order)
    remedy = data["programs"].get(program["id"] + "@remedy")
    told = {
        "id": program["id"],
        "says": program["says"],
        "hazard": program["hazard"],
        "why": program["why"],
        "issue": program["issue"],
        "safe": all(_is_safe(did.get(cell)) for cell in wanted),
        "safe_from": _safe_from(did, there),
        "newest": _newest(did, there),
        "on": _grouped(did, wanted),
    }
    if remedy:
        told["under_the_remedy"] = _told(data, remedy, wanted, there, order)["on"]
    return told


def _stretch(text, order):
    first, to, last = text.partition("..")
    start = order.index(_parts(first)) if first else 0
    end = (order.index(_parts(last)) if last else len(order) - 1) if to else start
    return order[start : end + 1]


def _is_safe(kind):
    return kind is not None and kind["safety"] in SAFETIES[:2]


def _safe_from(did, there):
    """Return the release from which on it is safe on all that were looked at, or None."""
    first = None
    for release in _releases(there):
        safe = all(_is_safe(did.get(cell)) for cell in there if cell[0] == release)
        first = (first or release) if safe else None
    return first


def _newest(did, there):
    """Return how safe it is on the newest release there is, at worst."""
    cells = [cell for cell in there if cell[0] == there[-1][0]]
    return max((did.get(cell, {"safety": UNKNOWN})["safety"] for cell in cells), key=SAFETIES.index)


def _grouped(did, wanted):
    """Return what happened where, as lists of releases; CPythons where they differ."""
    groups = []
    for release in _releases(wanted):
        kinds = {}
        for cell in wanted:
            if cell[0] == release:
                kind = did.get(cell)
                told = (
                    tuple(kind.get(name, "") for name in DONE)
                    if kind else (UNKNOWN, "", "", "", "")
                )  # fmt: skip
                kinds.setdefault(told, []).append(cell[1])
        for told, tried in kinds.items():
            pythons = tried if len(kinds) > 1 else []
            if groups and groups[-1][:2] == (told, pythons):
                groups[-1][2].append(release)
            else:
                groups.append((told, pythons, [release]))
    return [dict(zip(DONE, told), releases=rs, pythons=ps) for told, ps, rs in groups]


def _releases(cells):
    return list(dict.fromkeys(release for release, _ in cells))


# --- as text -------------------------------------------------------------------------------------


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
        yield f"{_newer(answer['left_out'])}."


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
    return any(_is_safe(group) for group in program["on"])


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
