"""The reports: matrix.json and its JSON Schema, report.md and index.html.

In: the findings. Out: files in the report folder, each written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..experiments.overhead import plots, tables
from ..experiments.overhead.summary import OverheadReport
from ..judge.judge import Judgement
from ..model.cell import CellStatus, parse_cell
from ..model.files import SCHEMA, write_atomically
from ..model.outcome import Outcome
from ..model.record import CellRecord, Package, Phase, UpstreamResult, chosen
from .findings import Findings
from .lines.markdown import report
from .page.page import page
from .page.squares import Square, all_squares, states
from .schema import described


class ProbeReport(msgspec.Struct, frozen=True):
    """A probe in a cell: its outcome, every phase as it was observed, and what it had installed."""

    id: str
    outcome: Outcome
    phase: str
    detail: str
    phases: tuple[Phase, ...]
    state: str = ""
    packages: tuple[Package, ...] = ()


class CellReport(msgspec.Struct, frozen=True):
    """A cell: what it consisted of, whether it ran (or why not), and its probes.

    `not_installable` says of a probe why what it needs could not be installed.
    """

    id: str
    numba: str
    python: str
    numpy: str
    llvmlite: str
    llvm: str
    status: CellStatus
    reason: str
    probes: tuple[ProbeReport, ...]
    upstream: tuple[UpstreamResult, ...] = ()
    not_installable: dict[str, str] = {}


class ClaimReport(Judgement, frozen=True):
    """A claim in a cell: whether it holds there, what was seen, and what is to be done about it."""

    why: str = ""
    workarounds: tuple[str, ...] = ()


class MatrixReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """matrix.json. `overhead` is there only where it was measured.

    `reference` is true where this is of the reference: no phase is known, and no CPython's patch.
    """

    schema: int
    platform: str
    cells: tuple[CellReport, ...]
    claims: tuple[ClaimReport, ...]
    overhead: OverheadReport | None = None
    reference: bool = False
    programs: dict[str, str] = {}


def matrix_report(found: Findings, isolation: str) -> MatrixReport:
    """Return what matrix.json holds."""
    marked = all_squares(found.by_probe, found.claims, found.verdict)
    return MatrixReport(
        SCHEMA,
        found.platform,
        tuple(_cell_report(record, found, isolation, marked) for record in found.records),
        tuple(_claim_report(judgement, found) for judgement in found.verdict.judgements),
        found.overhead,
        found.is_reference,
        {probe: found.programs[probe] for probe in found.probes if probe in found.programs},
    )


def _claim_report(judgement: Judgement, found: Findings) -> ClaimReport:
    claim = found.claims.get(judgement.probe) if judgement.id == judgement.probe else None
    more = (claim.why, claim.workarounds) if claim else ()
    return ClaimReport(*msgspec.structs.astuple(judgement), *more)


def _cell_report(
    record: CellRecord,
    found: Findings,
    isolation: str,
    marked: Mapping[str, Mapping[str, Square]],
) -> CellReport:
    kept = chosen(record, isolation)
    probes = []
    for probe in found.probes:
        result = found.by_probe[probe].get(record.cell)
        if result is not None:
            parts = (probe, result.outcome, result.phase, result.detail)
            _, word, _ = states(claimed=found.claimed)[marked[probe][record.cell].state]
            phases = kept[probe].phases if probe in kept else ()  # of the reference there are none
            packages = kept[probe].packages if probe in kept else ()
            probes.append(ProbeReport(*parts, phases, word, packages))
    return CellReport(
        record.cell,
        record.numba,
        record.python or parse_cell(record.cell).python,
        record.numpy,
        record.llvmlite,
        record.llvm,
        record.status,
        record.reason,
        tuple(probes),
        record.upstream,
        record.not_installable,
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of matrix.json, made from its types."""
    return described(msgspec.json.schema(MatrixReport))


def write(folder: Path, found: Findings, isolation: str) -> None:
    """Write every report into `folder`, where what pytest said of an older one has no place."""
    write_atomically(folder / "matrix.json", in_pieces(matrix_report(found, isolation)))
    write_atomically(folder / "matrix.schema.json", [indented(json_schema()), b"\n"])
    write_atomically(folder / "report.md", report(found))
    write_atomically(folder / "index.html", html(found, isolation, folder))
    (folder / "junit.xml").unlink(missing_ok=True)
    if found.overhead is not None:
        write_atomically(folder / "overhead.md", tables.markdown(found.overhead))


def in_pieces(whole: MatrixReport) -> Iterator[bytes]:
    """Yield matrix.json cell by cell: all of it at once takes several times the memory it fills."""
    rest = indented(msgspec.structs.replace(whole, cells=()))
    before, _, after = rest.partition(b'"cells": []')
    yield before + b'"cells": ['
    for number, cell in enumerate(whole.cells):
        # No string of JSON holds a line end, so every one of them is the layout's.
        yield (b",\n  " if number else b"\n  ") + indented(cell).replace(b"\n", b"\n  ")
    yield (b"\n ]" if whole.cells else b"]") + after + b"\n"


def indented(value: object) -> bytes:
    """Return a value as JSON for people to read, the same every time."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1)


def html(found: Findings, isolation: str, folder: Path) -> str:
    """Return index.html: a page to look things up in, the plots in `folder` within it."""
    return page(found, isolation, plots.inlined(folder) if found.drawn else {})
