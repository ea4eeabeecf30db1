"""What the reports say of overhead, worked out once from all measurements. Pure.

In: measurements. Out: an `OverheadReport`, which is the key `overhead` of matrix.json, and what the
tables, the pages and the plots are made from.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from matrix.overhead import article
from matrix.overhead.figures import RULE, Figure, StepFigure, figure, step_figures
from matrix.overhead.ratios import Judged, Standing, judge
from matrix.overhead.samples import IMPORTS, Measurement, Program, RunKind

# One of it is the measured process itself.
BUSY = 1.5


class StartFigure(msgspec.Struct, frozen=True):
    """What a process start costs up to the end of the first call of f0, no signature: seconds."""

    run: RunKind
    median_s: float
    spread_s: float
    samples: int

    @property
    def figure(self) -> Figure:
        """The same without its name."""
        return Figure(self.median_s, self.spread_s, self.samples)


class CellFigures(msgspec.Struct, frozen=True):
    """The figures of one cell, what they were taken on, and how the claims stand there.

    `load` holds the lowest and the highest one-minute load average seen around its processes.
    """

    id: str
    numba: str
    python: str
    numpy: str
    platform: str
    cpu: str
    cores: int
    when: str
    repeat: int
    load: tuple[float, float] | None
    starts: tuple[StartFigure, ...]
    figures: tuple[StepFigure, ...]
    claims: tuple[Judged, ...]

    def of(self, program: Program, run: RunKind, step: str) -> Figure:
        """Return the figure of one step."""
        key = (program, run, step)
        return next(f.figure for f in self.figures if (f.program, f.run, f.step) == key)

    def start(self, run: RunKind) -> Figure:
        """Return the figure of a process start."""
        return next(start.figure for start in self.starts if start.run is run)

    @property
    def busy(self) -> bool:
        """Whether something else ran on the machine."""
        return self.load is not None and self.load[1] > BUSY


class OverheadReport(msgspec.Struct, frozen=True):
    """All measured cells, oldest release first, and the article's figures of another machine."""

    spread: str
    article: article.Article
    cells: tuple[CellFigures, ...]

    @property
    def failing(self) -> tuple[Judged, ...]:
        """The claims that clearly do not hold somewhere."""
        return self._standing(Standing.FAILS)

    @property
    def unclear(self) -> tuple[Judged, ...]:
        """The claims that the spread leaves open somewhere."""
        return self._standing(Standing.UNCLEAR)

    def _standing(self, standing: Standing) -> tuple[Judged, ...]:
        return tuple(j for cell in self.cells for j in cell.claims if j.standing is standing)


def summarise(measured: Sequence[Measurement]) -> OverheadReport | None:
    """Return what there is to report, or None when nothing was measured."""
    if not measured:
        return None
    return OverheadReport(RULE, article.load(), tuple(cell_figures(m) for m in measured))


def cell_figures(measurement: Measurement) -> CellFigures:
    """Work out the figures of a cell and judge its claims."""
    m = measurement
    loads = m.loads
    return CellFigures(
        m.cell,
        m.numba,
        m.python,
        m.numpy,
        m.platform,
        m.cpu,
        m.cores,
        m.when,
        m.repeat,
        (min(loads), max(loads)) if loads else None,
        tuple(start_figure(m, run) for run in RunKind),
        step_figures(m),
        judge(m),
    )


def start_figure(measurement: Measurement, run: RunKind) -> StartFigure:
    """Return the figure of imports, f0's definition and its first call, added up per process."""
    steps = (*IMPORTS, "f0 definition", "f0 first call")
    runs = measurement.steps(Program.LAZY_PLAIN, run)
    made = figure([sum(taken[step] for step in steps) for taken in runs])
    return StartFigure(run, made.median, made.spread, made.samples)
