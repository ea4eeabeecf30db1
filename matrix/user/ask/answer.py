# SPDX-License-Identifier: BSD-2-Clause
"""How safe that is which is meant, where it is, and what is there to write instead.

In: the programs of one shape, the cells that are asked about. Out: the answer as JSON holds it, or
none where a piece of code says too little to call it safe. CPython 3.6 or newer, the standard
library.
"""

from . import Unanswerable
from .programs import SAFETIES, UNKNOWN, badness, offered, without_patch
from .releases import looked_at, releases_of, stretch
from .structure import given, handed_literals, is_signed, is_whole, kind_of, shapes_of

DONE = ("safety", "outcome", "phase", "detail", "why")


def answer_to(question, data, programs, cells):
    """Return the answer, or raise where code that may be another program would be called safe.

    What calls, and with which types, is not in a fragment, nor is a signature in a bare definition.
    Without a question these programs were asked for by name.
    """
    answer = _answer(data, programs, cells)
    asked = question.code if question else []
    call = handed_literals(asked)
    if call is not None and all(map(kind_of, given(call))):
        raise Unanswerable(
            f"{question.text!r}: called from Python, a literal is a value like any other; only what"
            " compiled code hands on is a type of its own. Name it, if that is meant:",
            offered(data, programs),
        )
    instead = {name for p in data["programs"].values() for name in p["instead"]}
    telling = [p for p in programs if is_signed(asked) or p["id"] not in instead]
    known = {p["carrier"] for p in telling} if is_whole(asked) else set()
    # A line that is in one hazard only because nothing else here has it shows no cause of one.
    shapes = shapes_of(asked)
    shown = [p for p in programs if not asked or is_whole(asked) or call or p["shape"] in shapes]
    known |= {p["carrier"] for p in shown if p["hazard"]} & _unsafe_under(answer)
    if not question or known >= {under["carrier"] for under in answer["carriers"]}:
        return answer
    lacks = "what it calls, is called with or is compiled for is not in it" if asked else "no name"
    others = [p for p in without_patch(data) if p["shape"] in shapes]
    raise Unanswerable(
        f"{question.text!r} alone tells too little to call it safe ({lacks}); name what is meant,"
        " or have numba-matrix check look at your code:",
        offered(data, programs + others),
    )


def _unsafe_under(answer):
    return {
        under["carrier"] for under in answer["carriers"]
        if any(seen["safety"] not in SAFETIES[:2] for seen in under["on"])
    }  # fmt: skip


def _answer(data, programs, cells):
    wanted, there = cells
    order = looked_at(data)
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
        "releases": releases_of(wanted),
        "looked_at": releases_of(order),
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
        p["carrier"] for p in without_patch(data)
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
            worst[cell] = max(worst.get(cell, kind), kind, key=badness)
    for did in (_by_cell(p, order) for p in programs if p["id"] not in around):
        for cell in there:
            if cell not in did:
                worst[cell] = max(worst[cell], {"safety": UNKNOWN}, key=badness)
    words = {}
    for release in releases_of(wanted):
        seen = {worst[cell]["safety"] for cell in wanted if cell[0] == release}
        word = max(seen, key=SAFETIES.index)
        on = word if len(seen) == 1 else word + " on some Pythons"
        words.setdefault((SAFETIES.index(word), on), []).append(release)
    patch = programs[0]["id"].partition("@")[2]
    return {
        "carrier": carrier,
        "patch": patch,
        "safe": all(is_safe(worst[cell]) for cell in wanted),
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
    return [r for r in releases_of(wanted) if all(c in unsafe for c in wanted if c[0] == r)]


def _told(data, program, wanted, there, order):
    did = _by_cell(program, order)
    remedy = data["programs"].get(program["id"] + "@remedy")
    told = {
        "id": program["id"],
        "says": program["says"],
        "hazard": program["hazard"],
        "why": program["why"],
        "issue": program["issue"],
        "safe": all(is_safe(did.get(cell)) for cell in wanted),
        "safe_from": _safe_from(did, there),
        "newest": _newest(did, there),
        "on": _grouped(did, wanted),
    }
    if remedy:
        told["under_the_remedy"] = _told(data, remedy, wanted, there, order)["on"]
    return told


def _by_cell(program, order):
    return {
        cell: kind
        for kind in program["did"]
        for text in kind["cells"]
        for cell in stretch(text, order)
    }


def is_safe(kind):
    return kind is not None and kind["safety"] in SAFETIES[:2]


def _safe_from(did, there):
    """Return the release from which on it is safe on all that were looked at, or None."""
    first = None
    for release in releases_of(there):
        safe = all(is_safe(did.get(cell)) for cell in there if cell[0] == release)
        first = (first or release) if safe else None
    return first


def _newest(did, there):
    """Return how safe it is on the newest release there is, at worst."""
    cells = [cell for cell in there if cell[0] == there[-1][0]]
    return max((did.get(cell, {"safety": UNKNOWN})["safety"] for cell in cells), key=SAFETIES.index)


def _grouped(did, wanted):
    """Return what happened where, as lists of releases; CPythons where they differ."""
    groups = []
    for release in releases_of(wanted):
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
