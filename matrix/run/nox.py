"""Carry out a plan: start nox once more, with a session per cell, and file what became of each.

In: tasks and what their cells share. Out: a record in the store for every cell, including those
whose session failed before it could leave one.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from ..errors import Unreachable
from ..experiments import EXPERIMENTS
from ..experiments.upstream import NONE, UpstreamSuite
from ..model.cell import CellStatus
from ..model.files import ROOT, Say, Store, remove, write_atomically
from ..model.job import Job, Observed, ProbeJob, Run
from ..model.record import CellRecord
from ..packages.equip import NOTHING_MORE, Equipment, called
from ..packages.uv import package_cache
from ..plan.plan import Conditions, Task
from ..plan.staging import Staged, copy_of, stage
from ..project import PROBES, Project
from ..report.terminal.progress import Judged, Progress
from ..select.machine import Machine
from ..select.releases import lock_path
from ..select.settings import for_tools
from . import processes
from .environment import environment, environments_held, forecast, holds

# Numba's own cases take seconds each; ten minutes is a suite that hangs.
UPSTREAM_TIMEOUT_S = 600.0
GRACE_S = 10.0  # for nox to end its sessions when interrupted


class Nox(msgspec.Struct, frozen=True):
    """How nox is started: cells at a time, whether uv may fetch CPythons, where environments go."""

    jobs: int
    download_python: str
    envdir: Path


class Watch(msgspec.Struct, frozen=True):
    """What is told of a run under way: `costs` are what is expected of each cell, in seconds."""

    costs: Mapping[str, float]
    judged: Judged


def new_run(
    project: Project,
    machine: Machine,
    tasks: Sequence[Task],
    suites: Mapping[str, UpstreamSuite] = NONE,
    *,
    experiment: str = "probes",
    folder: str = "observations",
    isolation: str,
    timeout_s: float,
    prune: bool = False,
    repeat: int = 1,
    equipment: Equipment = NOTHING_MORE,
    say: Say,
) -> Run:
    """Return what the sessions of these cells have to do, in the order of the tasks.

    What is filed is of copies: what is there by now may be another probe, runner or lock than was
    planned.
    """
    staged = _staged(project, tasks, say)
    suites = {name: _suite_staged(suite, staged.folder) for name, suite in suites.items()}
    cells = [task.cell for task in tasks]
    under = project.conditions(cells, machine, isolation, staged, equipment.installed)
    jobs = {
        task.cell.id: _job(task, machine, staged, under[task.cell.id], suites, equipment)
        for task in tasks
    }
    return Run(
        id=uuid.uuid4().hex, experiment=experiment, state=str(project.state),
        folder=str(project.state / folder), runner=str(staged.runner_folder),
        platform=project.platform, cpu=machine.cpu, isolation=isolation, timeout_s=timeout_s,
        jobs=jobs, prune=prune, known=tuple(probe.id for probe in project.probes),
        upstream={name: suite.job for name, suite in suites.items()},
        upstream_timeout_s=UPSTREAM_TIMEOUT_S, repeat=repeat,
    )  # fmt: skip


def _staged(project: Project, tasks: Sequence[Task], say: Say) -> Staged:
    return stage(
        project.state / "work" / "staged",
        {probe.id: probe for task in tasks for probe in task.probes}.values(),
        [task.cell.release for task in tasks],
        home=PROBES,
        locks=project.locks,
        say=say,
    )


def _suite_staged(suite: UpstreamSuite, folder: Path) -> UpstreamSuite:
    return suite if suite.patch is None else suite.under(copy_of(suite.patch, folder / "patches"))


def _job(
    task: Task,
    machine: Machine,
    staged: Staged,
    under: Conditions,
    suites: Mapping[str, UpstreamSuite],
    equipment: Equipment,
) -> Job:
    here = machine.interpreters.get(task.cell.python)
    probes = (staged.probes.get(planned.id) for planned in task.probes)
    return Job(
        numba=task.cell.release,
        python=here.path if here else task.cell.python,
        version=here.version if here else "",
        lock=str(lock_path(staged.locks, task.cell.release)),
        probes=tuple(
            ProbeJob(
                p.id,
                p.carrier,
                str(p.path),
                under.key(p),
                under.source(p),
                str(p.patch or ""),
                {place: str(file) for place, file in p.beside.items()},
                called(p.needs),
            )
            for p in probes
            if p is not None
        ),
        upstream_key=under.upstream_key(suites) if task.upstream else "",
        environments=equipment.environments(task.cell.id),
        not_installable=equipment.lacking(task.cell.id),
    )


def _disk_it_takes(run: Run, nox: Nox) -> Iterator[str]:
    new = [
        cell
        for cell, job in run.jobs.items()
        for name, part in job.parts().items()
        if Path(part.lock).exists()
        and not holds(environment(nox.envdir, cell, name), Path(part.lock), job.python)
    ]
    if new:
        at_once = nox.jobs if run.prune else len(new)
        yield from forecast(len(new), at_once, nox.envdir, package_cache())


def run_cells(run: Run, nox: Nox, say: Say, watch: Watch | None = None) -> dict[str, str]:
    """Run the cells through nox, round by round, and see that each has a record of the last.

    Given a `watch`, it is said how far they are and what is not as expected, and what nox says is
    kept in a file.

    A cell that left none of a round is left out of the next. Returns the cells that nox ended
    without, and how: of those what was stored before is stored still.

    Raises:
        KeyboardInterrupt: after nox and all it started have ended.
        Unreachable: nox could not be started.
    """
    for line in _disk_it_takes(run, nox):
        say(line)
    missed: dict[str, str] = {}
    try:
        with environments_held(run.jobs, nox.envdir):
            for number in range(1, run.repeat + 1):
                if run.repeat > 1:
                    say(f"repetition {number} of {run.repeat}, {len(run.jobs)} cells")
                run = msgspec.structs.replace(run, round=number)
                run = msgspec.structs.replace(run, jobs=_one_round(run, nox, say, missed, watch))
                if not run.jobs:
                    break
    finally:
        remove(Path(run.runner).parents[1])
    return missed


def _one_round(
    run: Run, nox: Nox, say: Say, missed: dict[str, str], watch: Watch | None
) -> dict[str, Job]:
    """Run the cells once; return those that left a record, and add to those that were `missed`.

    Whatever nox says, only a record made by this very run counts as one.
    """
    store = Store(Path(run.folder), say, EXPERIMENTS[run.experiment].record)
    status, sessions = call_nox(run, nox) if watch is None else _watched(run, nox, say, watch)
    jobs = {}
    for cell, job in run.jobs.items():
        record = store.load(cell)
        if record is not None and record.run == run.id:
            jobs[cell] = job
            continue
        how = sessions.get(cell, f"not run, nox ended with status {status}")
        reason = f"its session left no observations (nox: {how})"
        if cell not in sessions and record is not None:
            missed[cell] = reason
        else:
            _file_as_broken(cell, run, store, reason)
    if watch is not None and len(jobs) < len(run.jobs):
        say(f"what nox said of the cells that left nothing is in {Path(run.state, 'nox.log')}")
    return jobs


def _watched(run: Run, nox: Nox, say: Say, watch: Watch) -> tuple[int, dict[str, str]]:
    probes = {cell: [probe.id for probe in job.probes] for cell, job in run.jobs.items()}
    at_work, filed = Path(run.state) / "work", Store(Path(run.folder), say, CellRecord)
    progress = Progress(
        probes, watch.costs,
        work=at_work, filed=filed, jobs=nox.jobs, say=say, judged=watch.judged,
    )  # fmt: skip
    with progress, Path(run.state, "nox.log").open("w", encoding="utf-8") as out:
        return call_nox(run, nox, progress.look, out)


def call_nox(
    run: Run, nox: Nox, look: Callable[[], bool] = lambda: False, out: IO[str] | None = None
) -> tuple[int, dict[str, str]]:
    """Start nox with the sessions of these cells; return its status and its word for each cell.

    It writes to `out`, and there is a `look` at it all the time. The environments of the cells are
    held by the caller.

    Raises:
        KeyboardInterrupt: after nox and all it started have ended.
        Unreachable: nox could not be started.
    """
    state = Path(run.state)
    run_file = state / "run.json"
    write_atomically(run_file, msgspec.json.encode(run).decode())
    report = state / "nox.json"
    report.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "nox",
        "--parallel", str(nox.jobs), "--download-python", nox.download_python,
        "--script-mode", "none", "--envdir", str(nox.envdir), "--report", str(report),
        "--session", *(f"cell({cell})" for cell in run.jobs),
    ]  # fmt: skip
    seen = for_tools(os.environ) | {
        "NUMBA_MATRIX_RUN": str(run_file),
        processes.PARENT: str(os.getpid()),
        "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace",
    }
    try:
        status = processes.run(
            command, grace_s=GRACE_S, overdue=look, stdout=out, environment=seen, folder=ROOT
        )
    except OSError as error:
        raise Unreachable(f"nox could not be started: {error}") from error
    return status, _session_results(report)


def _session_results(report: Path) -> dict[str, str]:
    """Return nox's word for each cell's session, by cell id."""
    if not report.exists():
        return {}
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    return {entry["args"]["name"]: entry["result"] for entry in sessions}


def _file_as_broken(cell: str, run: Run, store: Store[Any], reason: str) -> None:
    broken = Observed(CellStatus.BROKEN, reason)
    record = EXPERIMENTS[run.experiment].filed(run, cell, broken, store.load(cell))
    if record is not None:
        store.save(record)
