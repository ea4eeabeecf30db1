"""`nox -s overhead`: measure the selected cells one at a time, then report all that was measured.

All cells are measured once, then all again, as often as asked for: so a cell's repetitions lie as
far apart as they can, and its spread holds what the machine as a whole does in the meantime.

In: `Options`. Out: measurements in the store, tables on the terminal, plots and reports, and an
exit status: 1 when a claim clearly fails in one of the cells, 3 when no cell could be measured.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from matrix import report
from matrix.cells import Cell
from matrix.command_line import DATA, PROBES, Options
from matrix.due import Workplace, workplace
from matrix.errors import NothingToRun
from matrix.judge import judge
from matrix.machine import cpu_name
from matrix.overhead import pictures, tables
from matrix.overhead.figures import repeated
from matrix.overhead.samples import (
    FOLDER,
    Measurement,
    Program,
    RunKind,
    load,
    load_all,
    move,
)
from matrix.overhead.session import OverheadRun, OverheadTask
from matrix.overhead.summary import OverheadReport, summarise
from matrix.plan import lock_path
from matrix.run import call_nox, environments_held, only_run
from matrix.select import Selection, select
from matrix.suite import Suite, read_suite

Say = Callable[[str], None]

# Of a machine with nothing to do but this, before it begins.
IDLE = 0.5
HOLDS, FAILS, COULD_NOT_RUN = 0, 1, 3


def overhead(options: Options, say: Say) -> int:
    """Measure, unless only what is stored is asked for, and report.

    Raises:
        NothingToRun: no selected cell can run here, or nothing is stored.
        KeyboardInterrupt: when interrupted; see `measure` for what is stored.
    """
    suite = read_suite(options)
    if options.stored:
        cells = {m.cell for m in load_all(suite.state / FOLDER, say)}
        lost: tuple[str, ...] = ()
    else:
        place = workplace(options, suite)
        selection = select(options.selectors, suite.catalogue(place.pythons), pre=options.pre)
        cells = measure(options, suite, place, selection, say)
        lost = tuple(s.cell.id for s in selection.cells if s.cell.id not in cells)
    found = measured(suite, say)
    if found is not None:
        publish(options, suite, found, say)
        show(found, cells, say)
    for cell in lost:
        say(f"NOT MEASURED {cell}; if anything was stored of it, that is kept")
    if found is None or not cells:
        raise NothingToRun("no cell was measured: there is nothing to report")
    say(f"report: {suite.state / 'report' / 'report.md'}; tables: overhead.md beside it")
    if any(judged.cell in cells for judged in found.failing):
        return FAILS
    return COULD_NOT_RUN if lost and options.strict else HOLDS


def measured(suite: Suite, say: Say) -> OverheadReport | None:
    """Return what there is to report of all cells ever measured here, or None."""
    return summarise(load_all(suite.state / FOLDER, say))


def measure(
    options: Options, suite: Suite, place: Workplace, selection: Selection, say: Say
) -> set[str]:
    """Measure the selected cells one after the other, nothing else of the suite running.

    Returns those that were measured; what was stored of the others stays. An interrupted run stores
    the repetitions that it has of a cell where no more than those are stored.
    """
    for selected in selection.cells:
        if selected.status is not None:
            say(f"{selected.cell.id}: {selected.status}, {selected.reason}")
    cells = [cell.id for cell in selection.runnable]
    if not cells:
        return set()
    folder = suite.state / FOLDER
    run = overhead_run(options, suite, place, selection.runnable)
    processes = len(cells) * options.repeat * len(Program) * len(RunKind)
    say(f"{len(cells)} cells to measure, {options.repeat} repetitions: {processes} processes")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > IDLE:
        say(f"load average {os.getloadavg()[0]:.1f}: figures of a busy machine are less steady")
    with only_run(suite.state, say):
        # What a run that was killed has left.
        file_what_was_taken(run.taken, folder, sys.maxsize, say)
        before = {cell: load(folder, cell, say) for cell in cells}
        try:
            with environments_held(run.cells, options.envdir):
                repeat(options, run, cells, say)
        finally:
            done = file_what_was_taken(run.taken, folder, run.repeat, say)
    compare(before, done, say)
    return {cell for cell, newer in done.items() if newer.repeat == run.repeat}


def repeat(options: Options, run: OverheadRun, cells: Sequence[str], say: Say) -> None:
    """Measure all cells once, then all again; one where that fails is left out from then on."""
    for repetition in range(1, run.repeat + 1):
        say(f"repetition {repetition} of {run.repeat}, {len(cells)} cells")
        this_time = msgspec.structs.replace(run, repetition=repetition)
        call_nox(
            this_time,
            cells,
            jobs=1,
            download_python=options.download_python,
            envdir=options.envdir,
        )
        so_far = {cell: load(run.taken, cell, say) for cell in cells}
        cells = [cell for cell, m in so_far.items() if m is not None and m.repeat == repetition]
        if not cells:
            return


def file_what_was_taken(taken: Path, folder: Path, enough: int, say: Say) -> dict[str, Measurement]:
    """Move measurements into the store: of `enough` repetitions, or of as many as are there.

    Others are let go. Nothing is written anew, so this works on a full disk too.
    """
    done = {}
    for newer in load_all(taken, say):
        older = load(folder, newer.cell, say)
        kept = older is None or newer.repeat >= min(older.repeat, enough)
        if kept:
            move(newer.cell, taken, folder)
            done[newer.cell] = newer
        if newer.repeat < enough:
            fate = "stored as they are" if kept else "let go, as more are stored"
            say(f"{newer.cell}: {newer.repeat} repetitions of a run cut short, {fate}")
    shutil.rmtree(taken, ignore_errors=True)
    return done


def overhead_run(
    options: Options, suite: Suite, place: Workplace, cells: Sequence[Cell]
) -> OverheadRun:
    """Return what the sessions of the cells have to do."""
    tasks = {}
    for cell in cells:
        here = place.interpreters.get(cell.python)
        python = here.path if here else cell.python
        lock = lock_path(DATA / "locks", cell.release)
        tasks[cell.id] = OverheadTask(cell.release, python, str(lock))
    return OverheadRun(
        id=uuid.uuid4().hex,
        state=str(suite.state),
        platform=suite.platform,
        cpu=cpu_name(),
        repetition=1,
        repeat=options.repeat,
        timeout_s=options.timeout,
        programs=str(PROBES / "overhead"),
        cells=tasks,
    )


def compare(before: dict[str, Measurement | None], after: dict[str, Measurement], say: Say) -> None:
    """Say how many of the medians lie within the spread that the last measurement printed."""
    pairs = [(before[cell], newer) for cell, newer in after.items()]
    counts = [repeated(older, newer) for older, newer in pairs if older and older.cpu == newer.cpu]
    held, steady = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
    if steady:
        share = f"{held / steady:.0%}"
        say(f"{held} of {steady} medians ({share}) lie within the spread printed last time")


def publish(options: Options, suite: Suite, found: OverheadReport, say: Say) -> None:
    """Draw what changed, and write the reports of all that is stored."""
    folder = suite.state / "report"
    if not pictures.up_to_date(folder, found):
        from matrix.overhead import plots  # noqa: PLC0415 (matplotlib takes a second to import)

        plots.draw(folder, found)
    stored = (suite.record(cell, suite.probes, say) for cell in suite.stored_cells)
    records = [record for record in stored if record is not None]
    ids = tuple(probe.id for probe in suite.probes)
    given = judge(records, ids, suite.claims, options.isolation)
    written = report.findings(records, ids, given, options.isolation, suite.served)
    report.write(folder, report.with_overhead(written, found, folder), options.isolation)


def show(found: OverheadReport, cells: Collection[str], say: Say) -> None:
    """Print the tables of these cells, then the overview and the claims of all that is stored."""
    shown = [cell for cell in found.cells if cell.id in cells]
    parts = [
        *(part for cell in shown for part in tables.of_cell(cell, found.article)),
        f"All cells, no signature; {found.spread}.",
        tables.text(tables.overview(found)),
        tables.listed(tables.claimed()),
        tables.text(tables.claims(found)),
        tables.listed(tables.deviations(found)) or "every claim holds in every cell measured",
    ]
    for line in "\n\n".join(parts).split("\n"):
        say(line)
