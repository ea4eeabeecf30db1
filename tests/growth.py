"""How the cost of a run grows with its cells and with its probes: measured, and drawn.

In: benches, and environments. Out: seconds of runs over 1, 4, 16 and 64 cells, and of as many
probes in one, on the terminal and as a picture. What is linear lies along the dashed lines.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from matplotlib.figure import Figure

from matrix.report.terminal import say
from tests.contenders import Bench, Figures, fresh, run_suite

COUNTS = (1, 4, 16, 64)
PICTURE = "growth.svg"
# What is counted, by what a run took: the wall, and the CPU of all that ran.
TIMES = {"wall": "wall_s", "CPU": "cpu_s"}

Series = Mapping[int, Sequence[Figures]]  # of each round, by how many


def grow(few: Bench, many: Bench, envdir: Path, repeat: int) -> None:
    """Measure runs of more and more cells with few probes, and of many probes; say and draw it."""
    fresh(few.folder)
    found: dict[str, dict[int, list[Figures]]] = {"cells": {}, "probes": {}}
    for number in range(repeat + 1):  # the first one makes the environments, and does not count
        for name, counted in (("cells", by_cells(few)), ("probes", by_probes(many))):
            for count, part in counted if number else list(counted)[-1:]:
                took = run_suite(part, few.folder / "suite", "--fresh", "--envdir", str(envdir))
                if number:
                    found[name].setdefault(count, []).append(took)
                    say(f"round {number}, {count} {name}: {took.wall_s:.1f} s wall")
    for line in told(found):
        say(line)
    path = few.folder.parent / PICTURE
    draw(found, path)
    say(f"drawn: {path}")


def by_cells(bench: Bench) -> Iterator[tuple[int, Bench]]:
    """Yield the bench with as many cells as there are to count, from all over its own."""
    for count in COUNTS:
        if count <= len(bench.cells):
            chosen = bench.cells[:: len(bench.cells) // count][:count]
            yield count, msgspec.structs.replace(bench, cells=chosen)


def by_probes(bench: Bench) -> Iterator[tuple[int, Bench]]:
    """Yield the bench with its newest cell alone, and as many probes as there are to count."""
    newest = msgspec.structs.replace(bench, cells=bench.cells[-1:])
    for count in COUNTS:
        if count <= len(bench.probes):
            yield count, msgspec.structs.replace(newest, probes=bench.probes[:count])


def told(found: Mapping[str, Series]) -> Iterator[str]:
    """Yield what each more costs, between one count and the next: the same where it is linear."""
    for name, series in found.items():
        for fewer, more in zip(list(series), list(series)[1:], strict=False):
            each = []
            for what, of in TIMES.items():
                longer_s = median(series[more], of) - median(series[fewer], of)
                each.append(f"{longer_s / (more - fewer):.2f} s {what}")
            yield f"{fewer} to {more} {name}: {' and '.join(each)} for each more"


def median(took: Sequence[Figures], of: str) -> float:
    """Return the median of what a run took."""
    return float(statistics.median(getattr(one, of) for one in took))


def draw(found: Mapping[str, Series], path: Path) -> None:
    """Draw what was measured, each with the line that it would be on if it grew linearly."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    for place, (name, series) in zip(figure.subplots(1, 2), found.items(), strict=True):
        for what, of in TIMES.items():
            counts, middle = list(series), [median(took, of) for took in series.values()]
            spread = [[getattr(one, of) for one in took] for took in series.values()]
            low = [m - min(all_) for m, all_ in zip(middle, spread, strict=True)]
            high = [max(all_) - m for m, all_ in zip(middle, spread, strict=True)]
            drawn = place.errorbar(counts, middle, yerr=[low, high], marker="o", label=what)
            slope = (middle[-1] - middle[0]) / ((counts[-1] - counts[0]) or 1)
            place.plot(counts, [middle[0] + slope * (n - counts[0]) for n in counts],
                       linestyle="--", color=drawn.lines[0].get_color())  # fmt: skip
        place.set(xlabel=name, ylabel="seconds", xticks=list(series), ylim=(0, None))
        place.legend()
    figure.savefig(path, metadata={"Date": None})
