"""`nox -s overhead`: measure the selected cells one at a time, report all that was measured."""

from __future__ import annotations

import os
import sys

from .. import options as asked
from ..errors import NothingToRun, Status
from ..experiments.overhead import plots, tables
from ..experiments.overhead.figures import compare
from ..experiments.overhead.samples import (
    FOLDER,
    RunKind,
    file_what_was_taken,
    measurements,
)
from ..experiments.overhead.summary import OverheadReport, summarise
from ..experiments.probe import discover, with_patch
from ..plan.plan import Task
from ..project import PROBES, Project, patch_named, read_project
from ..report.terminal import say
from ..run.environment import only_run
from ..run.nox import Nox, new_run, run_cells
from ..select.machine import Machine, machine_here
from ..select.selection import Selection, select
from .stored.report import publish

# Load of a machine with nothing to do but this, before it begins.
IDLE = 0.5


def overhead(o: asked.Overhead) -> int:
    """Measure what compiling, caching and recursion cost, unless only asked for what is stored."""
    project = read_project(o.state)
    store = measurements(project.state / FOLDER, say)
    lost: tuple[str, ...] = ()
    if o.stored:
        done = {measurement.cell for measurement in store.load_all()}
    else:
        machine = machine_here(o.state, project.offered(o.download_python))
        selection = select(o.selectors, project.catalogue(machine.pythons), pre=o.pre)
        done = _measure(o, project, machine, selection)
        lost = tuple(s.cell.id for s in selection.cells if s.cell.id not in done)
    found = summarise(store.load_all())
    if found is not None:
        _publish(project, found)
        for part in tables.shown(found, done):
            for line in (*part.split("\n"), ""):
                say(line)
    for cell in lost:
        say(f"NOT MEASURED {cell}; if anything was stored of it, that is kept")
    if found is None or not done:
        raise NothingToRun("no cell was measured: there is nothing to report")
    say(f"report: {project.state / 'report' / 'report.md'}; tables: overhead.md beside it")
    worse = {ratio.cell for ratio in found.patched if ratio.costs_more}
    if done & (worse | {judged.cell for judged in found.failing}):
        return Status.FAILS
    return Status.COULD_NOT_RUN if lost and o.strict else Status.HOLDS


def _measure(
    o: asked.Overhead, project: Project, machine: Machine, selection: Selection
) -> set[str]:
    """Measure the selected cells one after the other, nothing else of the suite running.

    Returns those that were measured; what was stored of the others stays. An interrupted run stores
    the repetitions that it has of a cell where no more than those are stored.
    """
    for selected in selection.cells:
        if selected.status is not None:
            say(f"{selected.cell.id}: {selected.status}, {selected.reason}")
    cells = selection.runnable
    if not cells:
        return set()
    programs = discover(PROBES, ("overhead",))
    if o.patch:
        programs = with_patch(programs, patch_named(o.patch))
    processes = len(cells) * o.repeat * len(programs) * len(RunKind)
    say(f"{len(cells)} cells to measure, {o.repeat} repetitions: {processes} processes")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > IDLE:
        say(f"load average {os.getloadavg()[0]:.1f}: figures of a busy machine are less steady")
    store, taken = project.state / FOLDER, project.state / "work" / FOLDER
    with only_run(project.state, say):
        # What a run that was killed has left.
        file_what_was_taken(taken, store, sys.maxsize, say)
        before = {cell.id: measurements(store, say).load(cell.id) for cell in cells}
        run = new_run(
            project, machine, [Task(cell, programs, 0.0) for cell in cells],
            experiment="overhead", folder=f"work/{FOLDER}", isolation="exec",
            timeout_s=o.timeout, repeat=o.repeat, say=say,
        )  # fmt: skip
        try:
            run_cells(run, Nox(1, o.download_python, o.envdir), say)
        finally:
            done = file_what_was_taken(taken, store, o.repeat, say)
    compare(before, done, say)
    return {cell for cell, newer in done.items() if newer.repeat == o.repeat}


def _publish(project: Project, found: OverheadReport) -> None:
    """Draw what changed, and write the reports of all that is stored."""
    folder = project.state / "report"
    if not plots.up_to_date(folder, found):
        plots.draw(folder, found)
    publish(project)
