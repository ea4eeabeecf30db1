"""The two plots of overhead by release, light and dark, as SVG and PNG, drawn with matplotlib.

In: an `OverheadReport` and the report folder. Out: the pictures, and whether those on disk show
what is stored. Readable without colour: by marker, fill and hatch.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import Unreachable
from ...model.cell import parse_cell
from ...model.files import write_atomically
from .figures import Figure, unit_of
from .samples import Program, RunKind
from .summary import CellFigures, OverheadReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

FOLDER = "overhead"
PLOTS = {
    "compile-and-load": "Compiling against loading from the cache, by release",
    "process-start": "What a process start costs: imports and the first compile, by release",
}
FORMATS = ("svg", "png")
DRAWN_FROM = "drawn-from.txt"
COLD, WARM = RunKind.COLD, RunKind.WARM


class Theme(msgspec.Struct, frozen=True):
    """Colours: of the page, of its text, and of the three things that are told apart."""

    page: str
    text: str
    faint: str
    grey: str
    one: str
    two: str
    three: str


# Blue, orange and green that differ in lightness too, and to colour-blind eyes.
THEMES = {
    "light": Theme("#ffffff", "#1f2328", "#d0d7de", "#8c959f", "#0b5394", "#b45309", "#8fb996"),
    "dark": Theme("#0d1117", "#e6edf3", "#30363d", "#6e7681", "#79b8ff", "#f0a35e", "#5f8f6b"),
}
# Fewer releases than this stand as far apart as so many would.
ROOM = 5
# A bar's width, and where something stands that must not lie on it: in widths of a release.
BAR, BESIDE = 0.62, 0.42


class Series(msgspec.Struct, frozen=True):
    """One row of points: which figure, and how it looks. `shift` is in widths of a release."""

    label: str
    program: Program
    run: RunKind
    marker: str
    filled: bool
    shift: float


# The third function: by then Numba is awake, so that only the function itself is paid for.
SERIES = (
    Series("compile, plain", Program.LAZY_PLAIN, COLD, "o", filled=True, shift=-0.15),
    Series("compile, recursive", Program.LAZY_RECURSIVE, COLD, "D", filled=False, shift=0.15),
    Series("cached load, plain", Program.LAZY_PLAIN, WARM, "s", filled=True, shift=-0.15),
    Series("cached load, recursive", Program.LAZY_RECURSIVE, WARM, "^", filled=False, shift=0.15),
)
SPREAD = "a line is ± the spread, grey where unsteady"
CAPTIONS = {
    "compile-and-load": f"third function of a process, no signature; {SPREAD}",
    "process-start": f"to the end of the first call, no signature; {SPREAD}",
}


def picture(plot: str, theme: str, suffix: str) -> str:
    """Return a picture's name, relative to the report folder."""
    return f"{FOLDER}/{plot}-{theme}.{suffix}"


def pictures() -> tuple[str, ...]:
    """Return the names of all pictures."""
    return tuple(picture(p, theme, suffix) for p in PLOTS for theme in THEMES for suffix in FORMATS)


def inlined(folder: Path) -> dict[str, str]:
    """Return the pictures as addresses that hold them, by plot and theme: `process-start-dark`."""
    return {
        f"{plot}-{theme}": "data:image/svg+xml;base64,"
        + base64.b64encode((folder / picture(plot, theme, "svg")).read_bytes()).decode()
        for plot in PLOTS
        for theme in THEMES
    }


def digest(found: OverheadReport) -> str:
    """Return what changes whenever the pictures would: their data and the code that draws them."""
    code = Path(__file__).read_bytes()
    return hashlib.sha256(code + msgspec.json.encode(found)).hexdigest()


def up_to_date(folder: Path, found: OverheadReport) -> bool:
    """Whether every picture is there and shows what is `found`."""
    drawn_from = folder / FOLDER / DRAWN_FROM
    if not drawn_from.exists() or drawn_from.read_text(encoding="utf-8") != digest(found):
        return False
    return all((folder / one).exists() for one in pictures())


def forget(folder: Path) -> None:
    """Take the note away before drawing: half-drawn pictures are not up to date."""
    try:
        (folder / FOLDER / DRAWN_FROM).unlink(missing_ok=True)
    except OSError as error:
        raise Unreachable(f"{folder / FOLDER}: {error}; give write access to it") from error


def draw(folder: Path, found: OverheadReport) -> None:
    """Draw every picture; raises Unreachable when one cannot be written."""
    forget(folder)
    # It takes a second to import, and only `nox -s overhead` installs it.
    from matplotlib import style  # noqa: PLC0415

    for plot in PLOTS:
        for theme, colours in THEMES.items():
            with style.context(["default", settings(colours)]):
                save(drawn(plot, found, colours), folder, plot, theme)
    write_atomically(folder / FOLDER / DRAWN_FROM, digest(found))


def drawn(plot: str, found: OverheadReport, theme: Theme) -> Canvas:
    """Return one picture as it is to be saved."""
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    drawings: dict[str, Callable[[Axes, OverheadReport, Theme], None]] = {
        "compile-and-load": compile_and_load,
        "process-start": process_start,
    }
    canvas = Canvas(figsize=(width(found), 4.6), layout="constrained")
    axes = canvas.add_subplot()
    drawings[plot](axes, found, theme)
    axes.yaxis.set_major_formatter(FuncFormatter(tick))
    axes.grid(axis="y")
    name_releases(axes, found.cells, CAPTIONS[plot])
    canvas.suptitle(PLOTS[plot], x=0.01, ha="left", fontsize=11)
    # Outside the axes, where nothing can lie under it, and laid out with them, so that it fits.
    canvas.legend(ncols=4, loc="outside lower center")
    return canvas


def settings(theme: Theme) -> dict[str, Any]:
    """Return what a theme sets differently from matplotlib's own style."""
    return {
        "figure.facecolor": theme.page,
        "axes.facecolor": theme.page,
        "axes.edgecolor": theme.faint,
        "axes.labelcolor": theme.text,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "text.color": theme.text,
        "xtick.color": theme.text,
        "ytick.color": theme.text,
        "grid.color": theme.faint,
        "grid.linewidth": 0.6,
        "hatch.linewidth": 0.7,
        "legend.frameon": False,
        "font.size": 9,
        "font.family": "DejaVu Sans",
        "svg.hashsalt": "overhead",
    }


def width(found: OverheadReport) -> float:
    """Return a width, in inches, at which the legend and every release have their room."""
    return max(7.6, 2.0 + 0.42 * len(found.cells))


def save(canvas: Canvas, folder: Path, plot: str, theme: str) -> None:
    """Write a picture in every format, the same bytes for the same figures."""
    for suffix in FORMATS:
        path = folder / picture(plot, theme, suffix)
        nameless = {"Date": None} if suffix == "svg" else {"Software": None}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            canvas.savefig(path, dpi=144, metadata=nameless)
        except OSError as error:
            raise Unreachable(f"{path} could not be written: {error.strerror}") from error


def name_releases(axes: Axes, cells: Sequence[CellFigures], caption: str) -> None:
    """Put the releases and their Pythons on the x axis, and under it what the plot shows."""
    names = [parse_cell(cell.id) for cell in cells]
    labels = [f"{cell.release} · {cell.python}" for cell in names]
    axes.set_xticks(range(len(cells)), labels, rotation=60, ha="right", rotation_mode="anchor")
    beside = max(0, ROOM - len(cells)) / 2
    axes.set_xlim(-0.6 - beside, len(cells) - 0.4 + beside)
    axes.set_xlabel(f"Numba release · CPython\n{caption}", linespacing=1.8)
    axes.tick_params(axis="x", length=0)


def compile_and_load(axes: Axes, found: OverheadReport, theme: Theme) -> None:
    """Draw what the third function costs to compile and to load, plain beside recursive."""
    from matplotlib.ticker import LogLocator, NullFormatter  # noqa: PLC0415

    for series in SERIES:
        colour = theme.one if series.run is COLD else theme.two
        step = f"f2 {series.program.working_part}"
        made = [cell.of(series.program, series.run, step) for cell in found.cells]
        points(axes, made, series, colour, theme)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("time for one function, log scale")


def tick(value: float, _: object) -> str:
    """Return a tick's time in the unit that suits it: `10 ms`."""
    size, unit = unit_of(value)
    return f"{value / size:g} {unit}" if value else "0"


def points(axes: Axes, made: Sequence[Figure], series: Series, colour: str, theme: Theme) -> None:
    """Draw the medians of one series and their spread, grey where they are not steady."""
    for steady, ink in ((True, colour), (False, theme.grey)):
        shown = [(place, figure) for place, figure in enumerate(made) if figure.steady is steady]
        medians = [figure.median for _, figure in shown]
        axes.errorbar(
            [place + series.shift for place, _ in shown],
            medians,
            # On a log scale there is no 0 to reach down to.
            yerr=[
                [min(f.spread, 0.9 * f.median) for _, f in shown],
                [f.spread for _, f in shown],
            ],
            fmt=series.marker,
            markersize=5,
            color=ink,
            markerfacecolor=ink if series.filled else theme.page,
            elinewidth=1,
            label=series.label if steady else None,
        )


def process_start(axes: Axes, found: OverheadReport, theme: Theme) -> None:
    """Draw imports and the first compile on top of each other, and the same start with a cache."""
    stack(axes, found.cells, theme)
    for ink, thick in ((theme.page, 3.5), (theme.text, 1.2)):
        starts = [cell.start(COLD) for cell in found.cells]
        axes.errorbar(range(len(starts)), [f.median for f in starts], [f.spread for f in starts],
                      fmt="none", ecolor=ink, elinewidth=thick)  # fmt: skip
    for steady, ink in ((True, theme.text), (False, theme.grey)):
        loaded = [(place, c.start(WARM)) for place, c in enumerate(found.cells)]
        shown = [(place, figure) for place, figure in loaded if figure.steady is steady]
        axes.errorbar(
            [place + BESIDE for place, _ in shown],
            [figure.median for _, figure in shown],
            [figure.spread for _, figure in shown],
            fmt="D",
            markersize=5,
            color=ink,
            markerfacecolor=theme.page,
            label="all of it with a cache" if steady else None,
        )
    axes.set_ylabel("time from the first import on")
    axes.set_ylim(bottom=0)


def stack(axes: Axes, cells: Sequence[CellFigures], theme: Theme) -> None:
    """Draw the parts of a process start as bars on top of each other, up to its median."""
    layers = (
        ("import numpy", "import numpy", theme.three, ""),
        ("import numba", "import numba", theme.two, "----"),
        ("first compile", "f0 first call", theme.one, "////"),
    )
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    tops = [0.0] * len(cells)
    for label, step, colour, hatch in layers:
        heights = [cell.of(Program.LAZY_PLAIN, COLD, step).median for cell in cells]
        inks = [colour if cell.start(COLD).steady else theme.grey for cell in cells]
        axes.bar(range(len(cells)), heights, BAR, tops, color=inks, hatch=hatch,
                 edgecolor=theme.page, linewidth=0.5)  # fmt: skip
        # What the legend shows, whatever is steady.
        axes.add_patch(
            Rectangle((0, 0), 0, 0, label=label, facecolor=colour, hatch=hatch, ec=theme.page)
        )
        tops = [top + height for top, height in zip(tops, heights, strict=True)]
