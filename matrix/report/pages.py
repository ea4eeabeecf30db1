"""The reports: matrix.json and its JSON Schema, report.md and index.html.

In: the findings. Out: files in the report folder, each written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..experiments.overhead import plots
from ..experiments.overhead.tables import markdown as overhead_tables
from ..judge.judge import Judgement
from ..model.cell import parse_cell
from ..model.files import write_atomically
from ..model.record import CellRecord, chosen
from .evidence.filed import SCHEMA, CellReport, ClaimReport, MatrixReport
from .evidence.tables import Tables
from .findings import Findings
from .lines.markdown import report
from .page.page import page
from .page.squares import Square, all_squares, states
from .schema import described


def _claim_reports(found: Findings) -> Iterator[ClaimReport]:
    """Yield what came of each claim, once for all cells where that was the same."""
    groups: dict[tuple[Judgement, str], list[str]] = {}
    for judgement in found.verdict.judgements:
        everywhere = msgspec.structs.replace(judgement, cell="")
        groups.setdefault((everywhere, _reason(found, judgement)), []).append(judgement.cell)
    for (said, why_here), cells in groups.items():
        claim = found.claims.get(said.probe) if said.id == said.probe else None
        more = (claim.why, claim.workarounds) if claim else ("", ())
        parts = (said.id, said.probe, tuple(cells), said.kind, said.holds, said.says, said.issue)
        yield ClaimReport(*parts, *more, why_here)


def _reason(found: Findings, judgement: Judgement) -> str:
    """Return why a probe does not do well in a cell, where its claim as a whole does not say it."""
    claim = found.claims.get(judgement.probe) if judgement.id == judgement.probe else None
    result = found.by_probe.get(judgement.probe, {}).get(judgement.cell)
    return claim.reason(parse_cell(judgement.cell), result) if claim and result else ""


def _cell_report(
    record: CellRecord,
    found: Findings,
    isolation: str,
    marked: Mapping[str, Mapping[str, Square]],
    tables: Tables,
) -> CellReport:
    kept, words = chosen(record, isolation), states(claimed=found.claimed)
    probes = []
    for probe in found.probes:
        result = found.by_probe[probe].get(record.cell)
        if result is not None:
            parts = (probe, result.outcome, result.phase, result.detail)
            _, word, _ = words[marked[probe][record.cell].state]
            phases = kept[probe].phases if probe in kept else ()  # of the reference there are none
            packages = kept[probe].packages if probe in kept else ()
            probes.append(tables.probe(parts, phases, word, packages))
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
    write_atomically(folder / "matrix.json", in_pieces(found, isolation))
    write_atomically(folder / "matrix.schema.json", [indented(json_schema()), b"\n"])
    write_atomically(folder / "report.md", report(found))
    write_atomically(folder / "index.html", html(found, isolation, folder))
    (folder / "junit.xml").unlink(missing_ok=True)
    if found.overhead is not None:
        write_atomically(folder / "overhead.md", overhead_tables(found.overhead))


def in_pieces(found: Findings, isolation: str) -> Iterator[bytes]:
    """Yield matrix.json, a line for whatever has an id or a number; no more of it is ever held."""
    tables = Tables()
    marked = all_squares(found.by_probe, found.claims, found.verdict)
    cells = (_cell_report(r, found, isolation, marked, tables) for r in found.records)
    yield b'{"schema":%d,"platform":%b,\n"cells":' % (SCHEMA, _line(found.platform))
    yield from _listed(map(_cell_lines, cells))
    shared = found.shared and tables.shared(found.shared)
    for name, lines in (
        ("claims", _claim_reports(found)),
        ("phases", tables.phases),
        ("folders", tables.folders),
        ("names", tables.names),
    ):
        yield b',\n"%b":' % name.encode()
        yield from _listed(map(_line, lines))
    if found.overhead is not None:
        yield b',\n"overhead":' + _line(found.overhead)
    if shared is not None:
        yield b',\n"shared":' + _line(shared)
    if found.is_reference:
        yield b',\n"reference":true'
    programs = {probe: found.programs[probe] for probe in found.probes if probe in found.programs}
    yield b',\n"programs":' + _line(programs) + b"}\n"


def _cell_lines(cell: CellReport) -> bytes:
    # Within a string of JSON these quotes would be escaped.
    before, _, after = _line(msgspec.structs.replace(cell, probes=())).partition(b'"probes":[]')
    return before + b'"probes":' + b"".join(_listed(map(_line, cell.probes))) + after


def _listed(lines: Iterable[bytes]) -> Iterator[bytes]:
    between = b"[\n"
    for line in lines:
        yield between + line
        between = b",\n"
    yield b"[]" if between == b"[\n" else b"\n]"


def _line(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def indented(value: object) -> bytes:
    """Return a value as JSON for people to read, the same every time."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1)


def html(found: Findings, isolation: str, folder: Path) -> str:
    """Return index.html: a page to look things up in, the plots in `folder` within it."""
    return page(found, isolation, plots.inlined(folder) if found.drawn else {})
