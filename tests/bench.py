"""How fast the suite is, beside other ways to do the same: measured in one run, as ratios.

In: cells and probes that all do well. Out: wall and CPU seconds of each contender, and the ratios
of the same round, with their spread, which README's table holds. Contenders take turns, so that a
noisy machine is noisy to all of them. How that grows is drawn by `growth`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from matrix.errors import MatrixError, NothingToRun
from matrix.experiments.probe import matching
from matrix.model.files import ROOT, write_atomically
from matrix.options import Stored
from matrix.parser import parse
from matrix.project import read_project
from matrix.report.published.drawn import in_markdown, placed
from matrix.report.terminal import say
from matrix.run.environment import only_run
from matrix.select.machine import machine_here
from matrix.select.selection import select
from tests.contenders import CONTENDERS, Bench, Figures, fetch, fresh

README = ROOT / "README.md"
# By what they ask, of those that do well: what a first noxfile would hold.
SETS = {
    "cache and AOT": (
        "cache/plain_*", "cache/self_eager", "cache/self_lazy", "cache/self_two_*",
        "cache/array_lazy", "cache/raising_lazy",
        "aot/plain", "aot/self_helper", "aot/self_helper_cached", "aot/array_helper",
    ),
    "changes": (
        "change/callee", "change/global_configured_argument", "change/option_two_functions",
        "change/own_source",
    ),
    "races": ("race/same_signature", "race/two_functions", "race/warmed_up"),
}  # fmt: skip
ALL = "all of these"


Round = dict[str, Figures]


def rounds(
    sets: Mapping[str, Bench], repeat: int, say: Callable[[str], None]
) -> dict[str, list[Round]]:
    """Return what every contender took in each of `repeat` rounds, by set of probes."""
    first = next(iter(sets.values()))
    fresh(first.folder)
    fetch(first)
    say("every package is at hand, for pip and in uv's cache")
    found: dict[str, list[Round]] = {name: [] for name in sets}
    for number in range(repeat):
        for name, bench in sets.items():
            took = {}
            for contender in CONTENDERS:
                who = contender.__name__
                took[who] = contender(bench, fresh(bench.folder / who))
                say(f"round {number + 1}, {name}, {who}: {took[who]}")
            found[name].append(took)
    if len(found) > 1:
        found[ALL] = [together(parts) for parts in zip(*found.values(), strict=True)]
    return found


def together(parts: Iterable[Round]) -> Round:
    """Return what the contenders took for several sets, one after the other."""
    whole = [list(figures) for figures in zip(*(part.values() for part in parts), strict=True)]
    return {
        who.__name__: Figures(
            sum(one.wall_s for one in figures),
            sum(one.cpu_s for one in figures),
            sum(one.cells_cpu_s or 0 for one in figures),
        )
        for who, figures in zip(CONTENDERS, whole, strict=True)
    }


# The rows of README's table, each with the ratio of one round that it is of.
RATIOS: dict[str, Callable[[Round], float]] = {
    "one virtualenv after the other / suite, wall": lambda r: r["naive"].wall_s / r["suite"].wall_s,
    "tox in parallel / suite, wall": lambda r: r["tox"].wall_s / r["suite"].wall_s,
    "suite in used environments / limit, wall": lambda r: r["again"].wall_s / r["limit"].wall_s,
    "CPU in these cells / limit": lambda r: (
        (r["again"].cells_cpu_s or 0) / (r["limit"].cells_cpu_s or 1)
    ),
}


def table(found: Mapping[str, Sequence[Round]], where: str) -> str:
    """Return the ratios as a table of Markdown: median (least to most) over the rounds."""
    rows = [[where, *found]]
    for what, ratio in RATIOS.items():
        rows.append([what, *(spread([ratio(one) for one in part]) for part in found.values())])
    return in_markdown(rows)


def spread(ratios: Sequence[float]) -> str:
    """Return ratios as `6.1 (5.8 to 6.4)`."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


@dataclass(frozen=True, kw_only=True)
class Asked(Stored):
    """how fast, beside others"""  # noqa: D415 (argparse shows it so)

    selectors: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    repeat: int = 3
    jobs: int = os.cpu_count() or 1
    envdir: Path = ROOT / ".nox"
    write: bool = False
    growth: bool = False


def main(words: Sequence[str]) -> int:
    """Measure the suite beside other ways to do the same, or how it grows, and say it."""
    asked: Asked = parse(["bench", *words], {"bench": Asked})
    project = read_project(asked.state)
    machine = machine_here(asked.state)
    selection = select(asked.selectors, project.catalogue(machine.pythons))
    if not selection.runnable:
        raise NothingToRun("no selected cell can run here: each lacks a wheel or an interpreter")
    sets = {"these probes": asked.probe} if asked.probe else SETS
    contests = {
        name: Bench(
            asked.state / "bench", selection.runnable, matching(project.probes, globs),
            machine.interpreters, asked.jobs,
        )
        for name, globs in sets.items()
    }  # fmt: skip
    with only_run(asked.state, say):
        if asked.growth:
            from tests import growth  # noqa: PLC0415 (matplotlib takes long to import)

            by_cells = next(iter(contests.values()))
            many = matching(project.probes, ("cache/*", "aot/*"))
            by_probes = msgspec.structs.replace(by_cells, probes=many)
            growth.grow(by_cells, by_probes, asked.envdir, asked.repeat)
        else:
            compare(contests, asked)
    return 0


def compare(contests: Mapping[str, Bench], asked: Asked) -> None:
    """Have the contenders take turns, print the ratios, and put them into README if asked to."""
    first = next(iter(contests.values()))
    found = rounds(contests, asked.repeat, say)
    where = f"{len(first.cells)} cells, {asked.jobs} at a time; {asked.repeat} rounds"
    drawn = table(found, where)
    for line in drawn.split("\n"):
        say(line)
    if asked.write:
        text = README.read_text(encoding="utf-8")
        write_atomically(README, placed("README.md", text, drawn, "bench"))
    shutil.rmtree(first.folder)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except MatrixError as error:
        sys.exit(f"error: {error}")
