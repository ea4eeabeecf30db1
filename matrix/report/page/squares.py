"""The squares of the map: the state of a probe in a cell, and the evidence behind it. Pure.

In: what reports are made of. Out: `Square`s, and evidence packed for the page, where cells that did
the same share one copy: times and digests of files are no part of it, matrix.json has them.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from ...judge.claims import Claim
from ...judge.judge import Verdict
from ...model.outcome import GOOD, Result
from ...model.record import Asked, Dispatcher, Phase
from ...model.text import shown

# A value is shown, not scripted against.
VALUE_LENGTH = 2000


class State(StrEnum):
    """What a square says of its claim; the worse, the further down."""

    NOT_RUN = "not_run"
    UNCLAIMED = "unclaimed"
    KEPT = "kept"
    HAZARD = "hazard"
    BROKEN = "broken"


# Sign, word, and what it means: no state is told by its colour alone. matrix.json has the word.
STATES = {
    State.BROKEN: ("✗", "not as claimed", "something else than the claim says: look at it"),
    State.HAZARD: ("▲", "hazard, as claimed", "a known defect, and it does just what is claimed"),
    State.KEPT: ("✓", "as claimed", "a promise kept: it does what users rely on"),
    State.UNCLAIMED: ("○", "unclaimed", "it ran, and was held against nothing"),
    State.NOT_RUN: ("-", "not run", "nothing is known"),
}
# The same where nothing is claimed of any probe.
WITHOUT_CLAIMS = {
    State.BROKEN: ("✗", "not well", "it does not do well: look at it"),
    State.KEPT: ("✓", "well", "a hit, a module that works; a change noticed, a race that is sound"),
    State.UNCLAIMED: STATES[State.UNCLAIMED],
    State.NOT_RUN: STATES[State.NOT_RUN],
}


RANK = {state: number for number, state in enumerate(State)}


class Square(msgspec.Struct, frozen=True, array_like=True):
    """A probe in a cell, or in several that belong together: state, short word, whole text."""

    state: State
    word: str
    text: str


NOT_RUN = Square(State.NOT_RUN, "not run", "not run")


def states(*, claimed: bool) -> dict[State, tuple[str, str, str]]:
    """Return sign, word and meaning of each state, by whether anything is claimed."""
    return STATES if claimed else WITHOUT_CLAIMS


def squares(
    did: Mapping[str, Result], claim: Claim | None, broken: Iterable[str], *, judged: bool = True
) -> dict[str, Square]:
    """Return a probe's squares by cell, given what it did there and where its claim is broken.

    What ran under a patch is `judged` only where something is claimed of it.
    """
    wrong = frozenset(broken)
    # A promise that is claimed to fail somewhere is a hazard there, to whoever relies on it.
    hopes = claim is not None and claim.hoped
    found, kinds = {}, dict[Square, Square]()
    for cell, result in did.items():
        state = (
            State.BROKEN
            if cell in wrong
            else State.HAZARD
            if hopes and result.outcome not in GOOD
            else State.KEPT
            if judged
            else State.UNCLAIMED
        )
        square = Square(state, result.outcome.replace("_", " "), str(result))
        found[cell] = kinds.setdefault(square, square)
    return found


def all_squares(
    by_probe: Mapping[str, Mapping[str, Result]], claims: Mapping[str, Claim], verdict: Verdict
) -> dict[str, dict[str, Square]]:
    """Return the squares of every probe, by probe and cell: what page and matrix.json say."""
    broken = broken_cells(verdict)
    judged = {judgement.probe for judgement in verdict.judgements}
    return {
        probe: squares(did, claims.get(probe), broken.get(probe, ()), judged=probe in judged)
        for probe, did in by_probe.items()
    }


def broken_cells(verdict: Verdict) -> dict[str, list[str]]:
    """Return the cells in which something claimed of a probe does not hold, by probe.

    Of cells that should be alike and are not, those that are fewer count as broken.
    """
    found: dict[str, list[str]] = {}
    for judgement in verdict.judgements:
        if not judgement.holds:
            found.setdefault(judgement.probe, []).append(judgement.cell)
    for unlike in verdict.unlike:
        for group in unlike.groups[1:]:
            found.setdefault(unlike.probe, []).extend(group.cells)
    return found


def together(found: Sequence[Square]) -> Square:
    """Return one square for several cells, as page.js does: what all did, or the worst of it.

    A star says that not all of them ran.
    """
    ran = [square for square in found if square.state is not State.NOT_RUN]
    if not ran:
        return NOT_RUN
    state, word, text = msgspec.structs.astuple(max(ran, key=lambda square: RANK[square.state]))
    texts = list(dict.fromkeys(square.text for square in ran))
    if len(texts) > 1:
        word, text = "by Python", "differs by Python: " + "; ".join(texts)
    if len(ran) < len(found):
        word, text = f"{word} *", f"{text}; not run on {len(found) - len(ran)} of its Pythons"
    return Square(state, word, text)


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A phase as the page shows it. `value` is JSON; `files` says what there was and changed."""

    name: str
    status: str
    value: str = ""
    exit: int | None = None
    signal: str | None = None
    exception: str | None = None
    message: str | None = None
    hits: int = 0
    misses: int = 0
    loads: int = 0
    saves: int = 0
    compiled: int = 0
    unresolved: tuple[str, ...] = ()
    dispatchers: tuple[Dispatcher, ...] = ()
    asked: tuple[Asked, ...] = ()
    files: str = ""
    strays: int = 0
    stdout: str = ""
    stderr: str = ""


def packed(by_cell: Mapping[str, Sequence[Phase]], said: Mapping[str, Sequence[str]]) -> str:
    """Return what a probe did, cell by cell, compressed and as base64.

    It is a JSON object: `phases`, each once; `sets`, which of them make up a run; `cells`, the
    number of each one's set; `said`, what there is to say of a cell's claims.
    """
    phases: dict[bytes, int] = {}
    sets: dict[tuple[int, ...], int] = {}
    cells = {}
    for cell, run in by_cell.items():
        lines = map(_encoded, run)
        members = tuple(phases.setdefault(line, len(phases)) for line in lines)
        cells[cell] = sets.setdefault(members, len(sets))
    rest = msgspec.json.encode({"sets": list(sets), "cells": cells, "said": shown(dict(said))})
    whole = b'{"phases":[' + b",".join(phases) + b"]," + rest[1:]
    return base64.b64encode(zlib.compress(whole, 9)).decode()


def _encoded(phase: Phase) -> bytes:
    line = msgspec.json.encode(_seen(phase))
    # Few phases hold a control character, and there are many phases.
    if line.decode().isprintable() and b"\\u" not in line:
        return line
    return msgspec.json.encode(shown(msgspec.to_builtins(_seen(phase))))


def _seen(phase: Phase) -> Seen:
    fields = {
        name: getattr(phase, name)
        for name in Seen.__struct_fields__
        if name not in ("value", "files")
    }
    # A number may be larger than what a browser counts with.
    value = msgspec.json.encode(phase.value).decode() if phase.status == "answered" else ""
    if len(value) > VALUE_LENGTH:
        value = f"{value[:VALUE_LENGTH]} [... {len(value) - VALUE_LENGTH} characters left out]"
    return Seen(**fields, value=value, files=_files(phase))


def _files(phase: Phase) -> str:
    before, after = phase.files_before, phase.files_after
    if not (before or after):
        return ""
    change = "nothing changed" if before == after else f"{len(before)} before, changed"
    return f"{len(after)} in the cache ({change})"
