"""index.html: one file for who looks a shape up and for who maintains. Pure.

In: `Findings`, the claims and sources in them, and the plots as they are to be shown. Out: the text
of the page, which asks nothing of any network; page.js makes its map a thing to search and open.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from ...experiments.overhead import plots as pictures
from ...experiments.overhead import tables
from ...model.cell import CellStatus, parse_cell, tag
from ...model.record import CellRecord, chosen
from ...model.text import brief
from ..findings import Findings, packages_of
from .rows import Row, coded, rows_of, shapes_of
from .squares import NOT_RUN, Square, State, packed

TEMPLATES = Path(__file__).parents[1] / "templates"
# Sign, word, and what it means: no state is told by its colour alone.
STATES = {
    State.BROKEN: ("✗", "not as claimed", "something else than the claim says: look at it"),
    State.HAZARD: ("▲", "hazard, as claimed", "a known defect, and it does just what is claimed"),
    State.KEPT: ("✓", "as claimed", "a promise kept: it does what users rely on"),
    State.NOT_RUN: ("-", "not run", "nothing is known"),
}
# The same where nothing is claimed.
UNCLAIMED = {
    State.BROKEN: ("✗", "not well", "no hit, and no module that works: look at it"),
    State.KEPT: ("✓", "well", "a hit, or a module that works"),
    State.NOT_RUN: STATES[State.NOT_RUN],
}
COMMANDS = (
    ("run it, if it is not stored", "nox -s matrix -- {cell} --probe {probe}{probes}"),
    ("run it again", "nox -s matrix -- {cell} --probe {probe}{probes} --fresh"),
    ("since which release", "nox -s bisect -- {probe}{probes}"),
)


class Column(msgspec.Struct, frozen=True):
    """A release on the map, with all its cells."""

    release: str
    cells: tuple[str, ...]


def page(
    found: Findings,
    isolation: str,
    plots: Mapping[str, str],
    changed: Sequence[str] | None = None,
) -> str:
    """Return index.html. `plots` are the addresses of the overhead pictures, by name.

    `changed`: what differs from the reference, a line each; None where nothing was compared.
    """
    rows = rows_of(found, isolation)
    shapes = shapes_of(rows)
    ordered = [row for shape in shapes for row in shape.rows]
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return _environment().get_template("index.html.jinja").render(
        f=found, shapes=shapes, rows={row.id: row for row in rows}, columns=_columns(found),
        states=_states(found), counts=_counts(found, rows), changed=changed, plots=plots,
        not_run=_not_run(found), others=_others(rows), data=_script_json(_data(found, ordered)),
        evidence=_evidence(found, rows, isolation), script=Markup(script),  # noqa: S704 (ours)
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 (ours)
    )  # fmt: skip


def _states(found: Findings) -> dict[State, tuple[str, str, str]]:
    return STATES if found.claimed else UNCLAIMED


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
        grouped.setdefault((CellStatus.NOT_INSTALLABLE, why), []).append(f"{probe} in {cell}")
    return grouped


def _data(found: Findings, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what page.js draws the map from; every kind of square once."""
    kinds: dict[Square, int] = {NOT_RUN: 0}
    cells = [record.cell for record in found.records]
    probes = [
        {
            "id": row.id, "number": row.number, "shape": row.place.shape, "hazard": row.hazard,
            "carrier": row.place.carrier, "form": row.place.form, "quoted": shlex.quote(row.id),
            "why": row.claim.why if row.claim else "",
            "issue": row.claim.issue if row.claim else "",
            "workarounds": row.claim.workarounds if row.claim else (),
            "squares": [kinds.setdefault(row.squares.get(c, NOT_RUN), len(kinds)) for c in cells],
        }
        for row in rows
    ]  # fmt: skip
    folder = " --probes FOLDER" if found.own else ""
    if any(found.packages):
        folder += " --with PACKAGE"
    return {
        "cells": [_cell(record) for record in found.records],
        "probes": probes,
        "kinds": list(kinds),
        "states": {state: told[:2] for state, told in _states(found).items()},
        "commands": [(what, text.replace("{probes}", folder)) for what, text in COMMANDS],
    }


def _cell(record: CellRecord) -> dict[str, str]:
    parts = parse_cell(record.cell)
    held = {"Numba": record.numba, "Python": record.python, "NumPy": record.numpy,
            "llvmlite": record.llvmlite, "LLVM": record.llvm}  # fmt: skip
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
    for row in rows:
        by_cell = {cell: did[row.id].phases for cell, did in kept.items() if row.id in did}
        yield row.number, packed(by_cell, said.get(row.id, {}))


def _script_json(value: object) -> Markup:
    """Return JSON that cannot end the script element it stands in."""
    text = msgspec.json.encode(value).decode().replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 (no < is left in it)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals.update(overhead_tables=tables, pictures=pictures, packages_of=packages_of)
    environment.filters.update(coded=coded, brief=brief)
    return environment
