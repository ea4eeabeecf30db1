"""What the reports say of overhead, worked out once from all measurements. Pure.

In: measurements. Out: an `OverheadReport`, which is the key `overhead` of matrix.json, and what the
tables, the pages and the plots are made from. What was measured under a patch as well is held
against what was measured without it just before or after: loading is claimed to cost the same.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ...errors import BadInput
from ...model.files import ROOT
from .figures import RULE, Figure, StepFigure, digits, figure, step_figures
from .ratios import ENOUGH, Judged, Standing, judge, over, standing
from .samples import FUNCTIONS, IMPORTS, STEPS, Measurement, Program, RunKind

DATA = ROOT / "matrix" / "data" / "article.toml"
# One of it is the measured process itself.
BUSY = 1.5


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the article measured, on another machine: seconds, first run and second run by step."""

    when: str
    machine: str
    python: str
    numpy: str
    numba: str
    first_and_second_run: dict[Program, dict[str, tuple[float, float]]]

    def __str__(self) -> str:
        """Name it as a table's heading does."""
        return (
            f"article of {self.when}: another machine, Numba {self.numba}, Python {self.python},"
            f" NumPy {self.numpy}"
        )

    def seconds(self, program: Program, run: RunKind, step: str) -> float | None:
        """Return the article's figure, or None where it gives none."""
        both = self.first_and_second_run[program].get(step)
        return None if both is None else both[run is RunKind.WARM]


def load_article(path: Path = DATA) -> Article:
    """Return the article's figures; raises BadInput when the file is not as it must be."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Article)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"{path}: {error}") from error
    tables = found.first_and_second_run
    for program in Program:
        unknown = set(tables.get(program, {})) - set(STEPS)
        if unknown or program not in tables:
            named = ", ".join(sorted(unknown)) or "no table"
            raise BadInput(f"{path}: {program}: {named}; steps are {', '.join(STEPS)}")
    return found


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


class PatchRatio(msgspec.Struct, frozen=True):
    """What importing, compiling or loading costs under a patch in terms of what it costs without.

    `spread` is to either side, as a figure's. Only of loads it is claimed to be 1 within it.
    """

    patch: str
    cell: str
    what: str
    ratio: float
    spread: float
    samples: int
    standing: Standing | None

    @property
    def costs_more(self) -> bool:
        """Whether this is a load that clearly costs more."""
        return self.standing is Standing.FAILS and self.ratio > 1

    def __str__(self) -> str:
        """Read as `1.02x ±12%`."""
        if self.samples == 1:
            return f"{digits(self.ratio)}x (1 sample)"
        share = f"±{self.spread / self.ratio:.0%}"
        steady = Figure(self.ratio, self.spread, self.samples).steady
        return f"{digits(self.ratio)}x {share}" if steady else f"unsteady, {share}"


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
    patched: tuple[PatchRatio, ...] = ()

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
    article: Article
    cells: tuple[CellFigures, ...]

    @property
    def failing(self) -> tuple[Judged, ...]:
        """The claims that clearly do not hold somewhere."""
        return self._standing(Standing.FAILS)

    @property
    def unclear(self) -> tuple[Judged, ...]:
        """The claims that the spread leaves open somewhere."""
        return self._standing(Standing.UNCLEAR)

    @property
    def patched(self) -> tuple[PatchRatio, ...]:
        """What was measured under a patch as well, and without, in turn."""
        return tuple(ratio for cell in self.cells for ratio in cell.patched)

    def _standing(self, standing: Standing) -> tuple[Judged, ...]:
        return tuple(j for cell in self.cells for j in cell.claims if j.standing is standing)


def summarise(measured: Sequence[Measurement]) -> OverheadReport | None:
    """Return what there is to report, or None when nothing was measured."""
    if not measured:
        return None
    return OverheadReport(RULE, load_article(), tuple(cell_figures(m) for m in measured))


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
        under_patch(m),
    )


def start_figure(measurement: Measurement, run: RunKind) -> StartFigure:
    """Return the figure of imports, f0's definition and its first call, added up per process."""
    steps = (*IMPORTS, "f0 definition", "f0 first call")
    runs = measurement.steps(Program.LAZY_PLAIN, run)
    made = figure([sum(taken[step] for step in steps) for taken in runs])
    return StartFigure(run, made.median, made.spread, made.samples)


def under_patch(measurement: Measurement) -> tuple[PatchRatio, ...]:
    """Return what everything costs under the patch, where it was measured under one.

    Importing includes running the patch. The first function of a process is apart from later ones.
    """
    if not measurement.patch:
        return ()
    steps: dict[str, list[tuple[Program, RunKind, str]]] = {}
    for program, run in itertools.product(Program, RunKind):
        steps.setdefault(IMPORTS[-1], []).append((program, run, IMPORTS[-1]))
        work = "load" if run is RunKind.WARM else "compile"
        for function in FUNCTIONS:
            recursive = program.recursive and function == FUNCTIONS[-1]
            kind = f"later {work}, {'recursive' if recursive else 'plain'}"
            what = f"first {work}" if function == FUNCTIONS[0] else kind
            step = f"{function} {program.working_part}"
            steps.setdefault(what, []).append((program, run, step))
    return tuple(_patch_ratio(measurement, what, of) for what, of in sorted(steps.items()))


def _patch_ratio(
    measurement: Measurement, what: str, steps: Iterable[tuple[Program, RunKind, str]]
) -> PatchRatio:
    ratios = [
        over(patched[step], without[step])
        for program, run, step in steps
        for patched, without in zip(
            measurement.steps(program, run, measurement.patch),
            measurement.steps(program, run),
            strict=True,
        )
    ]
    made = figure(ratios)
    # One repetition has several of each, but they are of one moment.
    enough = measurement.repeat >= ENOUGH
    said = standing(None, made, ratios) if enough else Standing.UNCLEAR
    return PatchRatio(
        measurement.patch, measurement.cell, what, made.median, made.spread, made.samples,
        said if "load" in what else None,
    )  # fmt: skip
