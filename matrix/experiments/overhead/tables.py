"""Overhead as tables: rows of text, the first being the heading, and as padded Markdown.

In: an `OverheadReport`. Out: rows for the pages, and the text of the terminal and of overhead.md,
which reads well as it is. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ...model.text import counted
from .figures import digits, seconds
from .ratios import CLAIMS, Judged, Standing
from .samples import STEPS, Program, RunKind
from .summary import Article, CellFigures, OverheadReport

COLD, WARM = RunKind.COLD, RunKind.WARM
PLAIN, RECURSIVE = Program.LAZY_PLAIN, Program.LAZY_RECURSIVE
# The columns of the overview.
OVERVIEW = {
    "import numpy": (PLAIN, COLD, "import numpy"),
    "import numba": (PLAIN, COLD, "import numba"),
    "first compile": (PLAIN, COLD, "f0 first call"),
    "later compile": (PLAIN, COLD, "f2 first call"),
    "recursive compile": (RECURSIVE, COLD, "f2 first call"),
    "first load": (PLAIN, WARM, "f0 first call"),
    "later load": (PLAIN, WARM, "f2 first call"),
    "recursive load": (RECURSIVE, WARM, "f2 first call"),
    "second call": (PLAIN, WARM, "f2 second call"),
}
SHORT = {Standing.HOLDS: "", Standing.UNCLEAR: "unclear: ", Standing.FAILS: "FAILS: "}

MILLISECOND = 1e-3
UNDER_PATCH = (
    "Under a patch, in terms of what it costs without, in turn within one repetition (importing"
    " includes running the patch):"
)
SAME_LOADS = "Loading from the cache costs the same with it and without, within the spread."

Rows = list[list[str]]


def overview(found: OverheadReport) -> Rows:
    """Return a row per cell: what imports, compiles and loads cost without a signature."""
    rows = [["cell", *OVERVIEW]]
    rows += [[c.id, *(str(c.of(*which)) for which in OVERVIEW.values())] for c in found.cells]
    return rows


def claims(found: OverheadReport) -> Rows:
    """Return a row per cell: of each claim the ratio of the program that bears it out worst."""
    rows = [["cell", *(claim.id for claim in CLAIMS)]]
    rows += [[cell.id, *worst(cell)] for cell in found.cells]
    return rows


def worst(cell: CellFigures) -> Iterator[str]:
    """Return each claim's worst ratio among the programs of a cell."""
    order = list(Standing)
    for claim in CLAIMS:
        judged = (j for j in cell.claims if j.id == claim.id)
        one = max(judged, key=lambda j: (order.index(j.standing), distance(j)))
        yield f"{SHORT[one.standing]}{digits(one.ratio)}x"


def distance(judged: Judged) -> float:
    """Return a number that grows as a ratio gets worse for its claim."""
    return abs(judged.ratio - 1) if judged.least is None else -judged.ratio


def claimed() -> list[str]:
    """Return what each claim says, and which ratio it asks for."""
    return [f"{claim.id}: {claim.says} ({claim.asks})" for claim in CLAIMS]


def deviations(found: OverheadReport) -> list[str]:
    """Return every claim that does not simply hold, with its figures, those that fail first."""
    judged = (*found.failing, *found.unclear)
    return [f"{j.standing}: {j.id} in {j.cell}, {j.program}: {j}" for j in judged]


def under_patch(found: OverheadReport) -> Rows:
    """Return a row per cell that was measured under a patch: each ratio to what it was without."""
    whats = list(dict.fromkeys(ratio.what for ratio in found.patched))
    rows = [["cell, patch", *whats]] if whats else []
    for cell in found.cells:
        by_what = {ratio.what: ratio for ratio in cell.patched}
        if by_what:
            patch = cell.patched[0].patch
            rows.append([f"{cell.id} @{patch}", *(str(by_what[what]) for what in whats)])
    return rows


def patch_loads(found: OverheadReport) -> list[str]:
    """Return what there is to say of loading under a patch, of each that is not 1 in its spread."""
    words = {True: "costs more", False: "costs less"}
    return [
        f"{r.standing}: {r.what} in {r.cell} under {r.patch}: {r}"
        + (f", {words[r.costs_more]}" if r.standing is Standing.FAILS else "")
        for r in found.patched
        if r.standing not in (None, Standing.HOLDS)
    ]


def of_program(cell: CellFigures, program: Program, article: Article) -> Rows:
    """Return one of the article's tables: its first and second run, each beside this machine's."""
    rows = [["step", "article, 1st run", "here, cold", "article, 2nd run", "here, warm"]]
    for step in STEPS:
        row = [step.replace("f2", "f2_rec") if program.recursive else step]
        for run in (COLD, WARM):
            given = article.seconds(program, run, step)
            row += ["-" if given is None else as_given(given), str(cell.of(program, run, step))]
        rows.append(row)
    return rows


def as_given(value: float) -> str:
    """Return a figure of the article, which gives whole microseconds."""
    return f"{value * 1e6:.0f} µs" if value < MILLISECOND else seconds(value)


def taken_on(cell: CellFigures) -> str:
    """Return a sentence on what a cell's figures were taken with, where and when."""
    load = "" if cell.load is None else f", load average {cell.load[0]:.1f} to {cell.load[1]:.1f}"
    busy = " (BUSY: something else ran on the machine)" if cell.busy else ""
    return (
        f"Numba {cell.numba}, Python {cell.python}, NumPy {cell.numpy};"
        f" {counted(cell.repeat, 'repetition')} on {cell.cpu}, {cell.cores} cores{load}{busy},"
        f" {cell.when}."
    )


def of_cell(cell: CellFigures, article: Article) -> Iterator[str]:
    """Return a cell's part of overhead.md: on what it was measured, and four tables."""
    yield f"## {cell.id}"
    yield f"{taken_on(cell)} Beside it: {article}."
    for program in Program:
        yield f"### {cell.id}: {program.words}"
        yield text(of_program(cell, program, article))


def markdown(found: OverheadReport) -> str:
    """Return overhead.md: overview, claims, and four tables for every cell."""
    parts = [
        "# Overhead of compiling, caching and recursion",
        f"Medians of this machine's runs; {found.spread}. The overview is without a signature.",
        text(overview(found)),
        listed(claimed()),
        text(claims(found)),
        listed(deviations(found)) or "Every claim holds in every cell.",
        *patched(found),
        *(part for cell in found.cells for part in of_cell(cell, found.article)),
    ]
    return "\n\n".join(parts) + "\n"


def patched(found: OverheadReport) -> Iterator[str]:
    """Yield what was measured under a patch, if anything was."""
    rows = under_patch(found)
    if rows:
        yield UNDER_PATCH
        yield text(rows)
        yield listed(patch_loads(found)) or SAME_LOADS


def listed(lines: Sequence[str]) -> str:
    """Return lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def text(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a padded Markdown table."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(word.ljust(w) for word, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def shown(found: OverheadReport, cells: Collection[str]) -> Iterator[str]:
    """Yield the tables of these cells, then the overview and the claims of all there are."""
    for cell in found.cells:
        if cell.id in cells:
            yield from of_cell(cell, found.article)
    yield f"All cells, no signature; {found.spread}."
    yield text(overview(found))
    yield from patched(found)
    yield listed(claimed())
    yield text(claims(found))
    yield listed(deviations(found)) or "every claim holds in every cell measured"
