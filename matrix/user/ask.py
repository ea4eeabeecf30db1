# SPDX-License-Identifier: BSD-2-Clause
"""Is a shape of recursion safe on these Numba releases, and what is there to write instead?

``numba-matrix ask 'literal seed' --numba '>=0.57'`` answers from a file of what was observed, the
data set that is published beside the page of the matrix. Nothing is run and nothing is fetched;
one file of the standard library, so that it answers where neither Numba nor the matrix is.

Exit status: 0 safe, 1 not safe (or right, but not cached), 2 a word is wrong or nothing matches.
"""

import argparse
import difflib
import json
import os
import re
import sys

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "data", "ask.json")
SCHEMA = 1
SAFE, WRONG_WORD = "safe", 2
LISTED = 12
CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)?\s*(\d+(?:\.\d+)*)(\.\*)?\s*")


class Unanswerable(Exception):
    """What is wrong with the question, or with the file to answer it from."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Unanswerable(f"{message}; numba-matrix ask --help tells how to ask")


def main(argv):
    """Answer the question in `argv`, the words after the command; return the exit status."""
    try:
        asked = _parsed(argv)
        answer = _answered(asked)
    except Unanswerable as error:
        print("error: " + _plain(str(error)), file=sys.stderr)
        return WRONG_WORD
    except SystemExit as end:  # of --help
        return end.code or 0
    text = json.dumps(answer, indent=1) if asked.json else "\n".join(map(_shown, _lines(answer)))
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever reads has seen enough; what is left would fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if answer["safe"] else 1


def _parsed(argv):
    parser = _Parser(prog="numba-matrix ask", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "question", nargs="+", metavar="WORDS",
        help="a shape (literal seed), a program's id, or code (fact(n, 1))",
    )  # fmt: skip
    parser.add_argument("--numba", default="", metavar="SPEC", help="as in >=0.57 or 0.61 (all)")
    parser.add_argument("--python", default="", metavar="3.X", help="on this CPython (any)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--data", default=DATA, metavar="FILE", help="another ask.json")
    return parser.parse_args(argv)


def _answered(asked):
    data = _load(asked.data)
    try:
        cells = _cells(data, asked.numba, asked.python)
        return _answer(data, _found(data, " ".join(asked.question)), cells)
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

    Raises Unanswerable for what is no specifier. It knows stable releases only, as the data does.
    """
    return all(
        _satisfies(_numbers(release), sign, _numbers(version), bool(wild))
        for sign, version, wild in _clauses(specifier)
    )


def _clauses(specifier):
    if not specifier.strip():
        return []
    found = [CLAUSE.fullmatch(part) for part in specifier.split(",")]
    wrong = [
        match for match in found
        if match is None
        or (match.group(3) and match.group(1) in ("~=", "<=", ">=", "<", ">"))
        or (match.group(1) == "~=" and "." not in match.group(2))
    ]  # fmt: skip
    if wrong:
        raise Unanswerable(f"--numba {specifier!r} is no specifier; one looks like '>=0.57,<0.60'")
    # A release line stands for all its releases, as it does among the matrix's selectors.
    return [(m.group(1) or "==", m.group(2), m.group(3) or not m.group(1)) for m in found]


def _satisfies(release, sign, version, wild):
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


def _found(data, question):
    """Return the programs that a question is about, all of one shape."""
    words = _words(question)
    if not words:
        raise Unanswerable(f"{question!r} names nothing; ask for a shape, as in: literal seed")
    programs = [p for p in data["programs"].values() if "@" not in p["id"]]
    for meant in (_by_id, _by_shape, _by_code, _by_words, _by_text):
        found = meant(programs, question, words)
        shapes = list(dict.fromkeys(program["shape"] for program in found))
        if len(shapes) > 1:
            more = ", ..." if len(shapes) > LISTED else ""
            listed = ", ".join(data["shapes"][shape]["title"] for shape in shapes[:LISTED])
            raise Unanswerable(
                f"{question!r} may mean {len(shapes)} shapes: {listed}{more}; name one of them"
            )
        if found:
            # What is safe in place of a hazard is part of the answer.
            told = [program for program in found if program["hazard"]] or found
            return sorted(told, key=lambda p: (p["carrier"] != "cache", p["id"]))
    titles = [shape["title"] for shape in data["shapes"].values()]
    near = difflib.get_close_matches(" ".join(words), titles + list(data["programs"]), n=3)
    raise Unanswerable(
        f"nothing here matches {question!r}; "
        + ("did you mean " + " or ".join(near) + "?" if near else "shapes: " + ", ".join(titles))
    )


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
    squeezed = re.sub(r"\s", "", question)
    found = [p for p in programs if squeezed in re.sub(r"\s", "", p["source"])]
    return [p for p in found if p["hazard"]] or found


def _by_words(programs, question, words):
    return [p for p in programs if set(words) <= set(_words(f"{p['id']} {p['shape']}"))]


def _by_text(programs, question, words):
    return [
        p for p in programs
        if set(words) <= set(_words(f"{p['id']} {p['says']} {p['why']} {p['source']}"))
    ]  # fmt: skip


# --- the answer ----------------------------------------------------------------------------------


def _answer(data, programs, cells):
    wanted, there = cells
    order = [_parts(cell) for cell in data["cells"]]
    shape = data["shapes"][programs[0]["shape"]]
    told = [_told(data, program, wanted, there, order) for program in programs]
    names = list(dict.fromkeys(name for program in programs for name in program["instead"]))
    instead = [data["programs"][name] for name in names if name in data["programs"]]
    return {
        "shape": shape["title"],
        "safe": all(program["safe"] for program in told),
        "platform": data["platform"],
        "releases": _releases(wanted),
        "looked_at": _releases(order),
        "address": shape["address"],
        "programs": told,
        "instead": [
            dict(_told(data, program, wanted, there, order), source=program["source"])
            for program in instead
        ],
    }


def _told(data, program, wanted, there, order):
    did = {
        cell: kind
        for kind in program["did"]
        for stretch in kind["cells"]
        for cell in _stretch(stretch, order)
    }
    remedy = data["programs"].get(program["id"] + "@remedy")
    told = {
        "id": program["id"],
        "says": program["says"],
        "why": program["why"],
        "issue": program["issue"],
        "safe": all(_is_safe(did.get(cell)) for cell in wanted),
        "safe_from": _safe_from(did, there),
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
    return kind is not None and kind["safety"] == SAFE


def _safe_from(did, there):
    """Return the release from which on it is safe on all that were looked at, or None."""
    first = None
    for release in _releases(there):
        safe = all(_is_safe(did.get(cell)) for cell in there if cell[0] == release)
        first = (first or release) if safe else None
    return first


def _grouped(did, wanted):
    """Return what happened where, as lists of releases; CPythons where they differ."""
    groups = []
    for release in _releases(wanted):
        kinds = {}
        for cell in wanted:
            if cell[0] == release:
                kind = did.get(cell)
                told = (
                    (kind["safety"], kind["outcome"], kind["phase"], kind["detail"])
                    if kind else ("not looked at", "", "", "")
                )  # fmt: skip
                kinds.setdefault(told, []).append(cell[1])
        for told, tried in kinds.items():
            pythons = tried if len(kinds) > 1 else []
            if groups and groups[-1][:2] == (told, pythons):
                groups[-1][2].append(release)
            else:
                groups.append((told, pythons, [release]))
    names = ("safety", "outcome", "phase", "detail")
    return [dict(zip(names, told), releases=rs, pythons=ps) for told, ps, rs in groups]


def _releases(cells):
    return list(dict.fromkeys(release for release, _ in cells))


# --- as text -------------------------------------------------------------------------------------


def _lines(answer):
    verdict = "safe" if answer["safe"] else "not safe"
    known = answer["looked_at"]
    asked = _spans(answer["releases"], known)
    yield f"{answer['shape']}: {verdict} on Numba {asked} ({answer['platform']})"
    for program in answer["programs"]:
        yield ""
        yield f"{program['id']}: {program['says']}"
        for line in _did(program["on"], known):
            yield f"  {line}"
        yield f"  safe from: {program['safe_from'] or 'never'}"
        if program["why"]:
            yield f"  why: {program['why']}"
        if program["issue"]:
            yield f"  thread: {program['issue']}"
        if "under_the_remedy" in program:
            yield "  under the remedy: " + "; ".join(_did(program["under_the_remedy"], known))
    for program in answer["instead"]:
        yield ""
        yield f"write instead, as in {program['id']}: {program['why']}"
        for line in _did(program["on"], known):
            yield f"  {line}"
        yield ""
        for line in program["source"].splitlines():
            yield f"    {line}"
    yield ""
    yield f"Of releases after {known[-1]} nothing is known."


def _did(groups, known):
    for group in groups:
        place = "" if group["safety"] == SAFE else f" in {group['phase']}"
        detail = f" ({group['detail']})" if group["detail"] else ""
        pythons = f" [{', '.join(group['pythons'])}]" if group["pythons"] else ""
        outcome = group["outcome"].replace("_", " ")
        what = f": {outcome}{place}{detail}" if outcome else ""
        yield f"{group['safety']} on {_spans(group['releases'], known)}{pythons}{what}"


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
