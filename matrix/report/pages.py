"""The reports: matrix.json and its JSON Schema, report.md, index.html, and the terminal's lines.

In: the findings. Out: files in the report folder, each written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from ..experiments.overhead import plots, tables
from ..experiments.overhead.summary import OverheadReport
from ..judge.judge import Judgement
from ..judge.patches import Change, counted
from ..model.cell import CellStatus, parse_cell
from ..model.files import SCHEMA, write_atomically
from ..model.outcome import Outcome
from ..model.record import NOTHING, CellRecord, Phase, UpstreamResult, chosen
from ..model.text import Markdown, brief, cut, table_cell
from ..model.text import markdown as markdown_text
from .findings import Findings
from .page.page import page

TEMPLATES = Path(__file__).parent / "templates"


class ProbeReport(msgspec.Struct, frozen=True):
    """A probe in a cell: its outcome, and every phase as it was observed."""

    id: str
    outcome: Outcome
    phase: str
    detail: str
    phases: tuple[Phase, ...]


class CellReport(msgspec.Struct, frozen=True):
    """A cell: what it consisted of, whether it ran (or why not), and its probes."""

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


class MatrixReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """matrix.json. `overhead` is there only where it was measured."""

    schema: int
    platform: str
    cells: tuple[CellReport, ...]
    claims: tuple[Judgement, ...]
    overhead: OverheadReport | None = None


def matrix_report(found: Findings, isolation: str) -> MatrixReport:
    """Return what matrix.json holds."""
    return MatrixReport(
        SCHEMA,
        found.platform,
        tuple(_cell_report(record, found, isolation) for record in found.records),
        found.verdict.judgements,
        found.overhead,
    )


def _cell_report(record: CellRecord, found: Findings, isolation: str) -> CellReport:
    kept = chosen(record, isolation)
    probes = []
    for probe in found.probes:
        result = found.by_probe[probe].get(record.cell)
        if result is not None:
            parts = (probe, result.outcome, result.phase, result.detail)
            probes.append(ProbeReport(*parts, kept[probe].phases))
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
    )


def conclusion(
    found: Findings, missing: Sequence[CellRecord], folder: Path, *, holds: bool
) -> Iterator[str]:
    """Yield what the terminal shows: the table, then the verdict, as lines."""
    if found.ran:
        yield from ("", *table(found).split("\n"))
        if found.legend:
            yield found.legend
    for record in missing:
        reason = cut(record.reason.splitlines()[-1], 1000) if record.reason else ""
        # No run of this machine's has tried the one of which nothing is stored.
        tried = f"{record.status}, " if record.run or record.reason != NOTHING else ""
        yield f"NOT RUN {record.cell}: {tried}{reason}"
    for warning in found.early:
        yield f"EARLY WARNING {warning.cell}: {warning.id}: {warning.says}"
    if not found.ran:
        yield "no cell ran: nothing is known"
        return
    looked_at = " that was looked at" if found.unseen else ""
    words = f"every claim{looked_at} holds" if holds else f"{len(found.failing)} claims do not hold"
    if found.verdict.unlike:
        words += f", {len(found.verdict.unlike)} probes are not alike in all cells"
    if found.early:
        words += f" on stable releases, {len(found.early)} early warnings from candidates"
    not_run = f"; {len(missing)} selected cells did not run" if missing else ""
    if found.unseen:
        not_run += f"; {found.unseen} squares were not run"
    yield ""
    yield f"{words}: {len(found.probes)} probes in {len(found.ran)} cells{not_run}"
    yield f"report: {folder / 'report.md'}"


def patch_lines(found: Findings) -> Iterator[str]:
    """Yield what the terminal shows of patches: every change, the worst last, and how many."""
    for effect in reversed(found.effects):
        if effect.change is not Change.UNCHANGED:
            yield effect.line(found.served)
    yield f"under the patch: {counted(found.effects)}"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of matrix.json, made from its types."""
    return msgspec.json.schema(MatrixReport)


def write(folder: Path, found: Findings, isolation: str) -> None:
    """Write every report into `folder`, where what pytest said of an older one has no place."""
    write_atomically(folder / "matrix.json", in_pieces(matrix_report(found, isolation)))
    write_atomically(folder / "matrix.schema.json", [indented(json_schema()), b"\n"])
    write_atomically(folder / "report.md", markdown(found))
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


def markdown(found: Findings) -> str:
    """Return report.md: what fails, what differs, then the table; it reads well unrendered."""
    return (
        _environment().get_template("report.md.jinja").render(f=found, table=Markdown(table(found)))
    )


def html(found: Findings, isolation: str, folder: Path) -> str:
    """Return index.html: a page to look things up in, the plots in `folder` within it."""
    return page(found, isolation, plots.inlined(folder) if found.drawn else {})


def table(found: Findings) -> str:
    """Return the table probes x releases as padded Markdown, probes that differ first."""
    shown = [["probe", *(str(column.releases) for column in found.columns)]]
    shown += [
        [probe, *(found.seen(probe, column) for column in found.columns)]
        for probe in found.differing_first
    ]
    return padded(shown)


def padded(table: Sequence[Sequence[str]]) -> str:
    """Return a table, its head first, as Markdown that can be read as it is."""
    rows = [list(map(table_cell, row)) for row in table]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [_row(row, widths) for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text.ljust(width) for text, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 (Markdown is no HTML)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=markdown_text,
    )
    environment.filters.update(brief=brief, table_cell=table_cell, markdown=Markdown)
    environment.globals.update(overhead_tables=tables, plots=plots, counted=counted)
    return environment
