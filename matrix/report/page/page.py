"""index.html: one file for who looks a shape up and for who maintains. Pure.

In: `Findings`, the claims and sources in them, and the plots as they are to be shown. Out: the text
of the page, which asks nothing of any network; page.js makes its map a thing to search and open.
"""

from __future__ import annotations

import base64
import builtins
import hashlib
import keyword
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from ...experiments.overhead import plots as pictures
from ...experiments.overhead import tables
from ...judge.patches import tally
from ...model.cell import CellStatus, parse_cell, status_for, tag
from ...model.record import CellRecord, chosen, packages_of
from ...model.text import brief, counted, shown, typed
from ..findings import Findings
from ..lines.causes import caused
from ..lines.sentence import begun
from ..published.drawn import SITE, Badge, badge, badged
from ..templating import TEMPLATES, environment
from .rows import (
    HAZARD,
    NOT_KNOWN,
    PATCHES,
    Row,
    answer,
    coded,
    highlighted,
    linked,
    rows_of,
    shapes_of,
)
from .squares import NOT_RUN, Square, State, packed, states

RUN = "run it, if it is not stored"
COMMANDS = (
    ("all that is stored of it", "nox -s show -- {cell} {probe}{folder}"),
    ("run it in a debugger", "nox -s debug -- {cell} {probe}{probes} --gdb"),
    (RUN, "nox -s matrix -- {cell} --probe {probe}{probes}"),
    ("run it again", "nox -s matrix -- {cell} --probe {probe}{probes} --fresh"),
    ("since which release", "nox -s bisect -- {probe}{probes}"),
)

PARTS = {"Numba": "numba", "Python": "python", "NumPy": "numpy", "llvmlite": "llvmlite",
         "LLVM": "llvm"}  # fmt: skip

# Short enough for the list of shapes; another carrier has the name it has.
CARRIED = {"cache": "cache=True", "aot": "AOT"}


class Column(msgspec.Struct, frozen=True):
    """A release on the map, with all its cells."""

    release: str
    cells: tuple[str, ...]


def page(found: Findings, isolation: str, plots: Mapping[str, str]) -> str:
    """Return index.html. `plots` are the addresses of the overhead pictures, by name."""
    rows = rows_of(found, isolation)
    shapes = shapes_of(rows)
    ordered = [row for shape in shapes for row in shape.rows]
    counts = _counts(found, rows)
    shown_states = {
        state: told
        for state, told in states(claimed=found.claimed).items()
        if state is not State.UNCLAIMED or counts[state]
    }
    words = _words(shown_states)
    patches = {name: told for name, told in PATCHES.items() if name in {r.patch for r in rows}}
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return _environment().get_template("index.html.jinja").render(
        f=found, verdict=begun(found), shapes=shapes, rows={row.id: row for row in rows},
        columns=_columns(found), unseen=_unseen(found, rows),
        states=shown_states, counts=counts,
        words=words, patches=patches, carried=CARRIED,
        parts=_parts(found), badges=_badges(found), site=SITE,
        pictured=lambda one: _inline(badge(one.strip, found)),
        changed=found.changed, plots=plots, not_run=_not_run(found), others=_others(rows),
        data=_script_json(
            _data(found, ordered, shown_states) | {"words": words, "patches": patches}
        ),
        evidence=_evidence(found, rows, isolation), script=Markup(script),  # noqa: S704 (ours)
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 (ours)
    )  # fmt: skip


def _words(told_states: Mapping[State, tuple[str, str, str]]) -> dict[str, str]:
    """Return the words for how safe a shape is, each with its sign, the worst last."""
    (unknown, *_), (kept, kept_word, _), (broken, broken_word, _) = (
        told_states[state] for state in (State.NOT_RUN, State.KEPT, State.BROKEN)
    )
    return {"safe": kept, kept_word: kept, "right, but not cached": "~", NOT_KNOWN: unknown,
            HAZARD: "▲", broken_word: broken}  # fmt: skip


def _badges(found: Findings) -> dict[str, list[Badge]]:
    """Return the badges by shape; they are published beside the page of the reference alone."""
    by_shape: dict[str, list[Badge]] = defaultdict(list)
    for one in badged(found) if found.is_reference else ():
        by_shape[one.strip.shape].append(one)
    return by_shape


def _inline(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.strip().encode()).decode()}"


def _unseen(found: Findings, rows: Sequence[Row]) -> dict[str, Markup]:
    """Return the sources of the workarounds that nobody looked at here."""
    named = {w for row in rows if row.claim for w in row.claim.workarounds}
    return {w: highlighted(found.sources[w]) for w in named - {*found.by_probe} & {*found.sources}}


def _others(rows: Sequence[Row]) -> list[Row]:
    """Return the probes that no chapter of a hazard shows."""
    there = {w for row in rows if row.hazard and row.claim for w in row.claim.workarounds}
    return [row for row in rows if not row.hazard and row.id not in there]


def _columns(found: Findings) -> list[Column]:
    by_release: dict[str, list[str]] = {}
    for record in found.records:
        by_release.setdefault(parse_cell(record.cell).release, []).append(record.cell)
    return [Column(release, tuple(cells)) for release, cells in by_release.items()]


def _counts(found: Findings, rows: Sequence[Row]) -> Counter[State]:
    """Return how many squares there are in each state; those that did not run are counted too."""
    counted = Counter(square.state for row in rows for square in row.squares.values())
    counted[State.NOT_RUN] = len(rows) * len(found.records) - sum(counted.values())
    return counted


def _not_run(found: Findings) -> dict[tuple[CellStatus, str], list[str]]:
    """Return the cells that did not run, by status and reason."""
    grouped: dict[tuple[CellStatus, str], list[str]] = {}
    for record in found.not_run:
        grouped.setdefault((record.status, record.reason), []).append(record.cell)
    for cell, probe, why in found.lacking:
        grouped.setdefault((status_for(why), why), []).append(f"{probe} in {cell}")
    return grouped


def _data(
    found: Findings, rows: Sequence[Row], told_states: Mapping[State, tuple[str, str, str]]
) -> dict[str, Any]:
    """Return what page.js draws the map from; every kind of square once."""
    kinds: dict[Square, int] = {NOT_RUN: 0}
    cells = [record.cell for record in found.records]
    reasons = {"": 0}
    probes = [
        {
            "id": row.id, "number": row.number, "shape": row.place.shape, "hazard": row.hazard,
            "hoped": row.hoped, "workaround": row.workaround, "patch": row.patch,
            "carrier": row.place.carrier, "form": row.place.form, "quoted": shlex.quote(row.id),
            "why": row.claim.why if row.claim else "",
            "issue": row.claim.issue if row.claim else "",
            "reasons": [
                reasons.setdefault(row.reasons.get(c, ""), len(reasons)) for c in cells
            ] if row.reasons else [],
            "workarounds": row.claim.workarounds if row.claim else (),
            "squares": [kinds.setdefault(row.squares.get(c, NOT_RUN), len(kinds)) for c in cells],
        }
        for row in rows
    ]  # fmt: skip
    return {
        "cells": [_cell(record) for record in found.records],
        "reference": found.is_reference,
        "site": SITE,
        "probes": probes,
        "kinds": list(kinds),
        "reasons": list(reasons),
        "told": [
            "" if kind is NOT_RUN else answer(kind, told_states[State.BROKEN][1]) for kind in kinds
        ],
        "unknown": NOT_KNOWN,
        "carried": CARRIED,
        "states": {state: told[:2] for state, told in told_states.items()},
        "run": RUN,
        # What is called so is nobody's recursion.
        "reserved": [*dir(builtins), *keyword.kwlist],
        "commands": _commands(found),
    }


def _commands(found: Findings) -> list[tuple[str, str]]:
    """Return the commands of a square, each with what it does, but for its cell and probe."""
    folder = " --probes FOLDER" if found.own else ""
    # What a probe's own metadata names need not be named.
    more = " --with PACKAGE" if any(found.packages) else ""
    return [
        (what, typed(text.replace("{probes}", folder + more).replace("{folder}", folder)))
        for what, text in COMMANDS
    ]


def _parts(found: Findings) -> dict[str, str]:
    """Return what cells are told to consist of: the reference is of no one build of a Python."""
    told = list(PARTS.items())[1:]
    return {name: field for name, field in told if any(getattr(r, field) for r in found.ran)}


def _cell(record: CellRecord) -> dict[str, str]:
    parts = parse_cell(record.cell)
    held = {name: getattr(record, field) for name, field in PARTS.items()}
    versions = ", ".join(f"{name} {version}" for name, version in held.items() if version)
    versions = ", ".join([versions, *(str(p) for p in packages_of(record) if p.asked)])
    why = f"{record.status}: {record.reason}" if record.status is not CellStatus.RAN else ""
    return {"id": record.cell, "release": parts.release, "python": parts.python,
            "tag": tag(parts.python), "versions": versions, "why": why}  # fmt: skip


def _evidence(found: Findings, rows: Sequence[Row], isolation: str) -> Iterator[tuple[int, str]]:
    kept = {record.cell: chosen(record, isolation) for record in found.ran}
    said: dict[str, dict[str, list[str]]] = {}
    for judgement in found.verdict.judgements:
        if not judgement.holds:
            words_there = said.setdefault(judgement.probe, {}).setdefault(judgement.cell, [])
            words_there.append(f"{judgement.id}: {judgement.says}")
            if judgement.id == judgement.probe:
                words_there += caused(found, judgement.probe, judgement.cell)
    for row in rows:
        by_cell = {cell: did[row.id].phases for cell, did in kept.items() if row.id in did}
        yield row.number, packed(by_cell, said.get(row.id, {}))


def _script_json(value: object) -> Markup:
    """Return JSON that cannot end the script element it stands in."""
    told = shown(msgspec.to_builtins(value))
    text = msgspec.json.encode(told).decode().replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 (no < is left in it)


def _environment() -> jinja2.Environment:
    made = environment(
        finalize=lambda value: value if isinstance(value, Markup) else shown(str(value))
    )
    made.globals.update(
        overhead_tables=tables,
        pictures=pictures,
        tally=tally,
        packages_of=packages_of,
        counted=counted,
    )
    made.filters.update(coded=coded, linked=linked, brief=brief)
    return made
