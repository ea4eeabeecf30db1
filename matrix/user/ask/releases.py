# SPDX-License-Identifier: BSD-2-Clause
"""The releases that a question is about.

In: a data set, a specifier as on the page or as packaging has it, a CPython. Out: cells, each a
release and a CPython. CPython 3.6 or newer, the standard library.
"""

import re

from . import Unanswerable

# As the answer prints them: both ends are in it.
RANGE = re.compile(r"(\d+(?:\.\d+)*)\s*(?:\.\.|-|\u2013)\s*(\d+(?:\.\d+)*)(?:\s*\(\d+ of \d+\))?")
CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)?\s*(\d+(?:\.\d+)*)(\.\*)?\s*")


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


def cells_asked(data, specifier, python):
    """Return the cells asked for, and all on these CPythons, as (release, CPython) each."""
    every = looked_at(data)
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


def looked_at(data):
    """Return all cells there are, the oldest release first."""
    return [_parts(cell) for cell in data["cells"]]


def _parts(cell):
    release, _, tag = cell.rpartition("-cp")
    return release, f"{tag[0]}.{tag[1:]}"


def stretch(text, order):
    """Return the cells of a stretch such as ``0.48.0-cp38..0.50.1-cp38``; `order` are all."""
    first, to, last = text.partition("..")
    start = order.index(_parts(first)) if first else 0
    end = (order.index(_parts(last)) if last else len(order) - 1) if to else start
    return order[start : end + 1]


def releases_of(cells):
    return list(dict.fromkeys(release for release, _ in cells))
