"""Run what is due: what a selection asks for and the store does not hold yet.

In: options, the suite, cells and probes. Out: a record in the store for each of the cells.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from matrix import upstream
from matrix.cell_session import CellTask, ProbeTask, Run
from matrix.cells import Cell
from matrix.command_line import DATA, PROBES, Options
from matrix.environments import environment, forecast, holds, package_cache
from matrix.interpreters import Interpreter, find
from matrix.machine import building, cpu_name, loading
from matrix.plan import Conditions, Task, conditions, lock_path, plan
from matrix.probes import Probe
from matrix.run import only_run, run_cells
from matrix.staging import Staged, stage
from matrix.suite import Suite
from matrix.upstream import UpstreamSuite

Say = Callable[[str], None]

# Numba's own cases take seconds each; ten minutes is a suite that hangs.
UPSTREAM_TIMEOUT_S = 600.0


class Workplace(msgspec.Struct, frozen=True):
    """This machine, as far as running cells goes."""

    interpreters: dict[str, Interpreter]
    pythons: frozenset[str]


def workplace(options: Options, suite: Suite) -> Workplace:
    """Find the interpreters; those that may be downloaded count as being here."""
    interpreters = find(options.state / "interpreters.json")
    pythons = frozenset(interpreters)
    if options.download_python != "never":
        pythons |= suite.all_pythons
    if options.pythons:
        pythons &= frozenset(options.pythons)
    return Workplace(interpreters, pythons)


def run_due(
    options: Options,
    suite: Suite,
    place: Workplace,
    cells: Sequence[Cell],
    probes: tuple[Probe, ...],
    say: Say,
) -> None:
    """Run the (cell, probe) pairs that are not stored, or all of them if asked to.

    Raises:
        KeyboardInterrupt: when interrupted, after everything started has ended.
        Unreachable: a file could not be written or nox not be started.
    """
    with only_run(suite.state, say):
        isolations = ("exec", "fork") if options.isolation == "both" else (options.isolation,)
        for isolation in isolations:
            _run_isolated(options, suite, place, cells, probes, isolation, say)


def conditions_here(
    suite: Suite,
    place: Workplace,
    cells: Sequence[Cell],
    isolation: str,
    staged: Staged | None = None,
) -> dict[str, Conditions]:
    """Return, by cell id, what the observations of each cell would depend on here and now."""
    cpu = cpu_name()
    found: dict[str, Conditions] = {}
    for cell in cells:
        here = place.interpreters.get(cell.python)
        found[cell.id] = conditions(
            cell,
            here.build if here else "downloaded",
            locks=staged.locks if staged else DATA / "locks",
            runner=staged.runner if staged else suite.runner,
            cpu=cpu,
            platform=suite.platform,
            isolation=isolation,
            loading=loading(os.environ),
            building=building(os.environ, here.cc if here else ""),
        )
    return found


def _run_isolated(
    options: Options,
    suite: Suite,
    place: Workplace,
    cells: Sequence[Cell],
    probes: tuple[Probe, ...],
    isolation: str,
    say: Say,
) -> None:
    under = conditions_here(suite, place, cells, isolation)
    suites = upstream.load(DATA / "upstream.toml") if options.upstream else {}
    tasks = plan(
        [(cell, under[cell.id]) for cell in cells],
        probes,
        suite.store(say),
        fresh=options.fresh,
        limit_s=options.timeout,
        suites=suites,
    )
    due = sum(len(task.probes) for task in tasks)
    kept = len(cells) * len(probes) - due
    say(f"{due} probe runs in {len(tasks)} cells to do, {kept} unchanged since last time")
    if not tasks:
        return
    staged = stage(
        suite.state / "work" / "staged",
        {probe.id: probe for task in tasks for probe in task.probes}.values(),
        [task.cell.release for task in tasks],
        home=PROBES,
        locks=DATA / "locks",
        say=say,
    )
    # Of the copies: what is there by now may be another probe, runner or lock than was planned.
    under = conditions_here(suite, place, [task.cell for task in tasks], isolation, staged)
    work = {
        t.cell.id: _cell_task(t, under[t.cell.id], place.interpreters, suites, staged)
        for t in tasks
    }
    this_run = _new_run(options, suite, isolation, suites, work, staged)
    _say_what_disk_it_takes(this_run, options, say)
    try:
        run_cells(
            this_run,
            [task.cell.id for task in tasks],
            jobs=options.jobs,
            download_python=options.download_python,
            envdir=options.envdir,
        )
    finally:
        shutil.rmtree(staged.folder, ignore_errors=True)


def _new_run(
    options: Options,
    suite: Suite,
    isolation: str,
    suites: dict[str, UpstreamSuite],
    work: dict[str, CellTask],
    staged: Staged,
) -> Run:
    return Run(
        id=uuid.uuid4().hex,
        state=str(suite.state),
        runner=str(staged.runner_folder),
        platform=suite.platform,
        cpu=cpu_name(),
        isolation=isolation,
        timeout_s=options.timeout,
        prune=options.prune,
        known=tuple(probe.id for probe in suite.probes),
        upstream=suites,
        upstream_timeout_s=UPSTREAM_TIMEOUT_S,
        cells=work,
    )


def _say_what_disk_it_takes(run: Run, options: Options, say: Say) -> None:
    new = [
        cell
        for cell, task in run.cells.items()
        if Path(task.lock).exists()
        and not holds(environment(options.envdir, cell), Path(task.lock), task.python)
    ]
    if new:
        at_once = options.jobs if options.prune else len(new)
        for line in forecast(len(new), at_once, options.envdir, package_cache()):
            say(line)


def _cell_task(
    task: Task,
    under: Conditions,
    interpreters: Mapping[str, Interpreter],
    suites: Mapping[str, UpstreamSuite],
    staged: Staged,
) -> CellTask:
    here = interpreters.get(task.cell.python)
    return CellTask(
        numba=task.cell.release,
        python=here.path if here else task.cell.python,
        version=here.version if here else "",
        lock=str(lock_path(staged.locks, task.cell.release)),
        probes=tuple(
            ProbeTask(
                probe.id, probe.carrier, str(probe.path), under.key(probe), under.source(probe)
            )
            for probe in (staged.probes.get(planned.id) for planned in task.probes)
            if probe is not None
        ),
        upstream_key=under.upstream_key(suites) if task.upstream else "",
    )
