"""The commands that ask rather than judge: where did it change, what differs, how fast is it.

In: `Options`. Out: what is printed, and an exit status.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

from matrix import bench as bench_module
from matrix import bisect as bisect_module
from matrix import diff as diff_module
from matrix.cells import Cell, CellStatus, parse_cell
from matrix.changes import spans, story
from matrix.command_line import Options
from matrix.due import Workplace, conditions_here, run_due, workplace
from matrix.errors import BadInput, NothingToRun
from matrix.judge import results
from matrix.outcome import Result
from matrix.outside import recall
from matrix.plan import Conditions, stale
from matrix.probes import Probe, matching, named
from matrix.run import only_run
from matrix.select import select
from matrix.shown import cut
from matrix.suite import Suite, read_suite
from matrix.terminal import say

ANSWERED, DIFFERS, COULD_NOT_RUN = 0, 1, 3


def bisect(options: Options) -> int:
    """Find the release where a probe's outcome changed, running only the cells that takes."""
    suite = read_suite(options)
    if len(options.selectors) != 1:
        raise BadInput("nox -s bisect -- PROBE: name one probe, such as cache/self_lazy")
    probe = named(suite.probes, options.selectors[0])
    place = workplace(options, suite)
    cells = _cell_per_release(options, suite, place)

    def look(wanted: Sequence[str]) -> dict[str, Result]:
        asked = [parse_cell(cell) for cell in wanted]
        run_due(options, suite, place, asked, (probe,), say)
        records = [suite.store(say).load(cell) for cell in wanted]
        return {
            record.cell: results(record, options.isolation)[probe.id]
            for record in records
            if record is not None and record.status is CellStatus.RAN
        }

    under = conditions_here(suite, place, cells, options.isolation)
    known = {} if options.fresh else _stored_results(options, suite, cells, probe, under)
    seen = bisect_module.bisect([cell.id for cell in cells], look, known)
    if not seen:
        say("no cell ran: nothing is known")
        return COULD_NOT_RUN
    say("")
    found = spans(seen, suite.served)
    for line in story(probe.id, found):
        say(line)
    inferred = "; what was not looked at between two that did the same is inferred to have done so"
    gaps = any(span.releases.has_gaps for span in found)
    say(f"looked at {len(seen)} of {len(cells)} releases" + (inferred if gaps else ""))
    return ANSWERED


def _stored_results(
    options: Options,
    suite: Suite,
    cells: Sequence[Cell],
    probe: Probe,
    under: Mapping[str, Conditions],
) -> dict[str, Result]:
    """Return what is stored of a probe under today's conditions: looking at that costs nothing."""
    found = {}
    for cell in cells:
        record = suite.store(say).load(cell.id)
        memo = recall(suite.state, cell.id)
        due = stale(record, (probe,), under[cell.id], options.timeout, memo)
        if record is not None and not due:
            found[cell.id] = results(record, options.isolation)[probe.id]
    return found


def _cell_per_release(options: Options, suite: Suite, place: Workplace) -> list[Cell]:
    """Return every stable release on `--python`, or on its newest CPython here.

    Raises:
        NothingToRun: no release has a wheel for it, or no interpreter is here.
    """
    catalogue = suite.catalogue(place.pythons)
    stable = [release for release in suite.releases if not release.is_prerelease]
    cells = []
    for release in stable:
        served = release.pythons(suite.platform)
        if options.python is None:
            cell = catalogue.newest_here(release)
        else:
            cell = Cell(release.version, options.python) if options.python in served else None
        if cell is not None and catalogue.selected(cell).status is None:
            cells.append(cell)
    if not cells:
        raise NothingToRun(f"no release can run here on CPython {options.python or 'any'}")
    return cells


def diff(options: Options) -> int:
    """Say what changed from one matrix.json to another, or to the one of the last report."""
    if len(options.folders) > 2:  # noqa: PLR2004 (an old one and a new one)
        raise BadInput("nox -s diff -- OLD [NEW]: name one or two matrix.json")
    last = options.state / "report" / "matrix.json"
    old, new = (*options.folders, last)[:2]
    lines = list(diff_module.differences(diff_module.load(old), diff_module.load(new)))
    for line in lines:
        say(cut(line, 1000))
    say(f"{len(lines)} differences" if lines else "no difference")
    return DIFFERS if lines else ANSWERED


def bench(options: Options) -> int:
    """Measure the suite beside other ways to do the same, and print the ratios."""
    suite = read_suite(options)
    place = workplace(options, suite)
    selection = select(options.selectors, suite.catalogue(place.pythons))
    probes = matching(suite.probes, options.probe or bench_module.PROBES)
    if not selection.runnable:
        raise NothingToRun("no selected cell can run here: each lacks a wheel or an interpreter")
    say(f"{len(probes)} probes in {len(selection.runnable)} cells, {options.repeat} rounds")
    folder = options.state / "bench"
    contest = bench_module.Bench(
        folder, selection.runnable, probes, place.interpreters, options.jobs
    )
    with only_run(options.state, say):
        found = bench_module.rounds(contest, options.repeat, say)
    for line in bench_module.story(found):
        say(line)
    shutil.rmtree(folder)
    return ANSWERED
