"""The reports: matrix.json and its JSON Schema, report.md, index.html. Pure but for writing them.

In: records, verdict, claims. Out: files in the report folder, each written whole or not at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from packaging.version import Version

from matrix.cells import CellStatus, parse_cell
from matrix.changes import LEGEND, Span, Stretch, spans
from matrix.files import write_atomically
from matrix.judge import Judgement, Verdict, results
from matrix.observations import SCHEMA, CellRecord, Phase, chosen
from matrix.outcome import Outcome, Result
from matrix.overhead import pictures, tables
from matrix.overhead.summary import OverheadReport
from matrix.shown import Markdown, brief, page, table_cell
from matrix.shown import markdown as markdown_text
from matrix.upstream import UpstreamResult

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


class Column(msgspec.Struct, frozen=True):
    """Releases in which every probe did the same: one column of the table."""

    releases: Stretch
    cells: tuple[str, ...]


class Findings(msgspec.Struct, frozen=True):
    """All that a report shows, worked out once for every format."""

    platform: str
    records: tuple[CellRecord, ...]
    probes: tuple[str, ...]
    verdict: Verdict
    by_probe: dict[str, dict[str, Result]]
    spans: dict[str, tuple[Span, ...]]
    columns: tuple[Column, ...]
    overhead: OverheadReport | None = None
    drawn: bool = False

    @property
    def ran(self) -> tuple[CellRecord, ...]:
        """The cells with observations."""
        return tuple(r for r in self.records if r.status is CellStatus.RAN)

    @property
    def not_run(self) -> tuple[CellRecord, ...]:
        """The cells without."""
        return tuple(r for r in self.records if r.status is not CellStatus.RAN)

    @property
    def differing(self) -> tuple[str, ...]:
        """The probes that did not do the same in all cells."""
        return tuple(p for p in self.probes if len(self.spans[p]) > 1 or self.mixed(p))

    @property
    def changes(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """The probes that differ and, as lines, how: those with one history together."""
        grouped: dict[tuple[str, ...], list[str]] = {}
        for probe in self.differing:
            history = tuple(f"{span.releases}: {span}" for span in self.spans[probe])
            grouped.setdefault(history, []).append(probe)
        return [(tuple(probes), history) for history, probes in grouped.items()]

    @property
    def legend(self) -> str:
        """What a range with gaps says, where one is shown."""
        shown = [column.releases for column in self.columns]
        shown += [span.releases for probe in self.differing for span in self.spans[probe]]
        return LEGEND if any(stretch.has_gaps for stretch in shown) else ""

    @property
    def differing_first(self) -> tuple[str, ...]:
        """All probes: those that differ, then the others."""
        differing = self.differing
        return (*differing, *(probe for probe in self.probes if probe not in differing))

    def mixed(self, probe: str) -> bool:
        """Whether a probe did different things on different Pythons of one release."""
        return any(len(span.results) > 1 for span in self.spans[probe])

    @property
    def failing(self) -> dict[str, list[Judgement]]:
        """The judgements that do not hold, by claim; those of release candidates are `early`."""
        broken: dict[str, list[Judgement]] = {}
        for judgement in self.verdict.judgements:
            if judgement.breaks:
                broken.setdefault(judgement.id, []).append(judgement)
        return broken

    @property
    def early(self) -> tuple[Judgement, ...]:
        """The claims that release candidates break."""
        return tuple(judgement for judgement in self.verdict.judgements if judgement.warns)

    @property
    def upstream(self) -> dict[str, dict[str, list[str]]]:
        """The cells of each of Numba's own suites, by what came of it there."""
        found: dict[str, dict[str, list[str]]] = {}
        for record in self.ran:
            for result in record.upstream:
                words = found.setdefault(result.suite, {})
                words.setdefault(_with_failures(result), []).append(record.cell)
        return found

    def seen(self, probe: str, column: Column) -> str:
        """Return what a probe did in a column, in few words."""
        ran = sum(1 for cell in column.cells if cell in self.by_probe[probe])
        if not ran:
            return "not run"
        first, last = Version(column.releases.first), Version(column.releases.last)
        # No probe changes within a column, so just one of its spans reaches into it.
        reaching = (
            span
            for span in self.spans[probe]
            if Version(span.releases.first) <= last and Version(span.releases.last) >= first
        )
        missing = len(column.cells) - ran
        return short(str(next(reaching))) + (f" (not run in {missing})" if missing else "")


def _with_failures(result: UpstreamResult) -> str:
    names = [name.removeprefix("numba.tests.") for name in result.failures]
    return f"{result} ({', '.join(names)})" if names else str(result)


def short(text: str) -> str:
    """Return an outcome as a table shows it: `crashed in warm (SIGSEGV)` stays, ` in ` goes."""
    return text.replace(" in ", " ").replace(" (", ": ").replace(")", "")


def findings(
    records: Sequence[CellRecord],
    probes: Sequence[str],
    verdict: Verdict,
    isolation: str,
    releases: Sequence[str],
) -> Findings:
    """Work out what the reports show. `releases` could all have been looked at, oldest first."""
    ordered = tuple(sorted(records, key=lambda record: parse_cell(record.cell).key))
    by_cell = {record.cell: results(record, isolation) for record in ordered}
    by_probe = {
        probe: {cell: did[probe] for cell, did in by_cell.items() if probe in did}
        for probe in probes
    }
    changes = {probe: spans(did, releases) for probe, did in by_probe.items()}
    platform = ordered[0].platform if ordered else ""
    looked_at = [cell for cell in by_cell if any(cell in did for did in by_probe.values())]
    table = columns(looked_at, changes, releases)
    return Findings(platform, ordered, tuple(probes), verdict, by_probe, changes, table)


def with_overhead(found: Findings, overhead: OverheadReport | None, folder: Path) -> Findings:
    """Return the findings with what was measured, and whether its plots are in `folder`."""
    drawn = overhead is not None and pictures.up_to_date(folder, overhead)
    return msgspec.structs.replace(found, overhead=overhead, drawn=drawn)


def columns(
    cells: Sequence[str], changes: Mapping[str, Sequence[Span]], releases: Sequence[str]
) -> tuple[Column, ...]:
    """Return the fewest columns in which no probe changes."""
    starts = {span.releases.first for probe in changes.values() for span in probe}
    grouped: list[dict[str, list[str]]] = []
    for cell in cells:
        release = parse_cell(cell).release
        if not grouped or (release in starts and release not in grouped[-1]):
            grouped.append({})
        grouped[-1].setdefault(release, []).append(cell)
    return tuple(
        Column(Stretch.over(list(members), releases), tuple(itertools.chain(*members.values())))
        for members in grouped
    )


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


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of matrix.json, made from its types."""
    return msgspec.json.schema(MatrixReport)


def write(folder: Path, found: Findings, isolation: str) -> None:
    """Write every report into `folder`, where what pytest said of an older one has no place."""
    write_atomically(folder / "matrix.json", in_pieces(matrix_report(found, isolation)))
    write_atomically(folder / "matrix.schema.json", [indented(json_schema()), b"\n"])
    write_atomically(folder / "report.md", markdown(found))
    write_atomically(folder / "index.html", html(found))
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
        _environment(autoescape=False)
        .get_template("report.md.jinja")
        .render(f=found, table=Markdown(table(found)))
    )


def html(found: Findings) -> str:
    """Return index.html: the same, with every cell's observations a click away."""
    return _environment(autoescape=True).get_template("index.html.jinja").render(f=found)


def table(found: Findings) -> str:
    """Return the table probes x releases as padded Markdown, probes that differ first."""
    shown = [["probe", *(str(column.releases) for column in found.columns)]]
    shown += [
        [probe, *(found.seen(probe, column) for column in found.columns)]
        for probe in found.differing_first
    ]
    rows = [list(map(table_cell, row)) for row in shown]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [_row(row, widths) for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text.ljust(width) for text, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _environment(*, autoescape: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701 (Markdown is no HTML; index.html is escaped)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=page if autoescape else markdown_text,
    )
    environment.filters.update(brief=brief, table_cell=table_cell, markdown=Markdown)
    environment.globals.update(overhead_tables=tables, pictures=pictures)
    return environment
