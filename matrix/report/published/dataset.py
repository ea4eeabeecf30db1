"""The data set that `numba-matrix ask` answers from, and its JSON Schema. Pure.

In: `Findings` of the reference. Out: the text of `ask.json`, a line per probe.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...judge.judge import alike
from ...judge.reference.file import in_lines, stretches
from ...model.cell import parse_cell
from ...model.outcome import Outcome, Result
from ..findings import Findings
from ..page.rows import Row, rows_of, safety, shapes_of

SCHEMA = 1
REFUSED = "refused, as it must be"


def _means(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class Did(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a program did in some cells."""

    safety: Annotated[str, _means("safe; refused, as it must be; right, but not cached; not safe")]
    outcome: Annotated[str, _means("hit, works, crashed, raised, ...: as README tells them")]
    phase: Annotated[str, _means("the process it happened in: interpreted, cold, warm, ...")]
    detail: Annotated[str, _means("the exception or the signal, or late or never")]
    cells: Annotated[
        tuple[str, ...],
        _means("runs of neighbours in the list of all cells: A, A..B, or A.. up to the last"),
    ]
    why: Annotated[
        str, _means("why it does not do well there, where the program's own `why` is no reason")
    ] = ""


class Program(msgspec.Struct, frozen=True):
    """A program of a few lines, what is claimed of it and what it did."""

    id: Annotated[str, _means("its path; under a patch, such as the remedy, an @ and its name")]
    shape: Annotated[str, _means("the shape it belongs to")]
    carrier: Annotated[str, _means("what it is about: cache, aot, ...")]
    form: Annotated[str, _means("how it is decorated or called; may be empty")]
    hazard: Annotated[bool, _means("whether a defect is known of it")]
    says: Annotated[str, _means("what it shows, in a sentence")]
    why: Annotated[str, _means("why it does what it does")]
    issue: Annotated[str, _means("the thread upstream, or empty")]
    instead: Annotated[tuple[str, ...], _means("the programs that do the same safely, by id")]
    source: Annotated[str, _means("its text; empty under a patch, which is of another's text")]
    did: Annotated[tuple[Did, ...], _means("what it did; elsewhere it was not looked at")]


class Shape(msgspec.Struct, frozen=True):
    """A shape of recursion."""

    title: Annotated[str, _means("its name in words")]
    address: Annotated[str, _means("its chapter on the page beside this file, or empty")]


class Dataset(msgspec.Struct, frozen=True):
    """What is published of the reference, for programs to read: ask.json."""

    schema: Annotated[int, _means("changes when a field changes its meaning")]
    platform: Annotated[str, _means("where all of it was seen")]
    cells: Annotated[
        tuple[str, ...],
        _means("every Numba release on every CPython that was looked at, in order"),
    ]
    shapes: Annotated[dict[str, Shape], _means("by name")]
    programs: Annotated[dict[str, Program], _means("by id")]
    left_out: Annotated[
        tuple[str, ...], _means("programs of the suite that are newer than what was seen, by id")
    ] = ()


def dataset(found: Findings) -> Dataset:
    """Return the data set of what was found."""
    rows = rows_of(found, "exec")
    order = tuple(record.cell for record in found.ran)
    shapes = {
        shape.name: Shape(shape.title, f"index.html#{shape.anchor}" if shape.hazards else "")
        for shape in shapes_of(rows)
    }
    programs = {row.id: _program(found, row, order) for row in sorted(rows, key=lambda r: r.id)}
    shown = dict(sorted(shapes.items()))
    return Dataset(SCHEMA, found.platform, order, shown, programs, tuple(sorted(found.left_out)))


def _program(found: Findings, row: Row, order: tuple[str, ...]) -> Program:
    claim = row.claim
    return Program(
        row.id, row.place.shape, row.place.carrier, row.place.form, row.hazard, row.lead,
        claim.why if claim else "", claim.issue if claim else "",
        claim.workarounds if claim else (), "" if "@" in row.id else found.sources[row.id],
        tuple(
            Did(
                _safety(row, result), result.outcome, result.phase, result.detail,
                stretches(cells, order), why,
            )
            for result, why, cells in _done(found, row, order)
        ),
    )  # fmt: skip


def _done(
    found: Findings, row: Row, order: tuple[str, ...]
) -> list[tuple[Result, str, tuple[str, ...]]]:
    """Return what a program did, for which reason of that place, and in which cells."""
    done = []
    for group in alike(tuple(found.by_probe[row.id].items())):
        by_reason: dict[str, list[str]] = {}
        for cell in group.cells:
            why = row.claim.reason(parse_cell(cell), group.result) if row.claim else ""
            by_reason.setdefault(why, []).append(cell)
        done += [(group.result, why, tuple(cells)) for why, cells in by_reason.items()]
    return sorted(done, key=lambda one: order.index(one[2][0]))


def _safety(row: Row, result: Result) -> str:
    """Return how safe that is: a refusal that is promised is as it should be."""
    raised = result.outcome is Outcome.RAISED
    expected = row.claim.expect if raised and row.claim and not row.claim.hoped else ()
    return REFUSED if any(e.met_by(result) for e in expected) else safety(result.outcome)


def written(data: Dataset) -> str:
    """Return the text of `ask.json`: the same for the same data."""
    return in_lines(msgspec.to_builtins(data))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `ask.json`, made from its types."""
    return msgspec.json.schema(Dataset)
