"""The body of the nox session `cell(...)` when the run file asks for overhead, not for probes.

In: a nox session in the cell's own virtualenv, and the run file. Out: one more repetition in the
cell's `Measurement` of this run. When anything fails the session ends with an error saying what.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import nox

from matrix import processes
from matrix.cell_session import (
    GRACE_S,
    MARGIN_S,
    RUNNER,
    Patience,
    at_work,
    install,
    let_go,
    read_lines,
    versions_in,
)
from matrix.environments import difference, python_of
from matrix.errors import MatrixError, Unreachable
from matrix.overhead.samples import Measurement, Program, Sample, forget, joined, load, save
from matrix.shown import log_lines


class OverheadTask(msgspec.Struct, frozen=True):
    """A cell to measure. `python` is an executable, or a version for nox to download."""

    numba: str
    python: str
    lock: str


class OverheadRun(msgspec.Struct, frozen=True):
    """All that the cells of one run share. `programs` is the folder of the programs.

    nox is started for every `repetition` of `repeat`, from 1 on: all cells are measured once, then
    all again.
    """

    id: str
    state: str
    platform: str
    cpu: str
    repetition: int
    repeat: int
    timeout_s: float
    programs: str
    cells: dict[str, OverheadTask]
    job: str = "overhead"

    @property
    def taken(self) -> Path:
        """The folder of what this run has measured so far."""
        return Path(self.state) / "work" / "overhead"


def run_cell(session: nox.Session, run_file: Path, cell: str) -> None:
    """Measure one cell once more, and keep that once all of it is there."""
    run = msgspec.json.decode(run_file.read_bytes(), type=OverheadRun)
    with at_work(session, Path(run.state), cell) as (work, is_over):
        try:
            so_far = load(run.taken, cell, session.warn)
            newer = joined(so_far, measure_cell(session, run, cell, work))
            if is_over():
                session.error("the run that this cell belongs to is over: nothing is filed")
            save(run.taken, newer)
        except Unreachable as error:
            session.error(log_lines(str(error)))
        except MatrixError as error:
            # Of a program that fails now and then no figure is worth anything.
            forget(run.taken, cell)
            session.error(log_lines(str(error)))


def measure_cell(session: nox.Session, run: OverheadRun, cell: str, work: Path) -> Measurement:
    """Install the lock and run the in-cell runner; return what it measured.

    Raises MatrixError when the lock did not install, a program failed or a sample is missing.
    """
    task = run.cells[cell]
    reason = install(session, Path(task.lock), task.python, work)
    if reason:
        raise MatrixError(f"{cell} could not be installed: {reason}")
    began = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    env = Path(session.virtualenv.location)
    lines = run_programs(env, run, cell, work)
    if wrong := difference(env, Path(task.lock), "", versions_in(lines)):
        let_go(session)
        raise MatrixError(f"{cell}: {wrong}")
    found = measurement(run, cell, began, lines)
    missing = found.missing()
    if missing:
        raise MatrixError(f"{cell} was not measured whole: {missing}")
    return found


def run_programs(env: Path, run: OverheadRun, cell: str, work: Path) -> list[dict[str, Any]]:
    """Run the in-cell runner, its progress on our stdout; return its lines."""
    job = {
        "parent": os.getpid(),
        "cell": cell,
        "scratch": str(work / "scratch"),
        "out": str(work / "out.jsonl"),
        "timeout_s": run.timeout_s,
        "repetition": run.repetition,
        "repeat": run.repeat,
        "programs": [
            {"id": program, "path": str(Path(run.programs) / f"{program}.py")}
            for program in Program
        ],
    }
    job_file = work / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    command = [str(python_of(env)), "-E", "-s", str(RUNNER / "overhead.py"), str(job_file)]
    patience = Patience(work / "out.jsonl", 3 * run.timeout_s + MARGIN_S)
    try:
        status = processes.run(command, grace_s=GRACE_S, overdue=patience.has_ended)
    except processes.Overdue as error:
        raise MatrixError(f"{cell}: nothing was heard for {patience.limit_s:.0f} s") from error
    lines = read_lines(work / "out.jsonl")
    if status:
        said = [line["failed"] for line in lines if "failed" in line]
        raise MatrixError(f"{cell}: {said[0] if said else 'the in-cell runner failed'}")
    return lines


def measurement(
    run: OverheadRun, cell: str, began: str, lines: Sequence[dict[str, Any]]
) -> Measurement:
    """Return what the runner's lines say; raises ValidationError where the types do not hold it."""
    versions: dict[str, Any] = {}
    for line in lines:
        versions |= line.get("versions", {})
    return Measurement(
        cell=cell,
        run=run.id,
        when=began,
        platform=run.platform,
        cpu=run.cpu,
        cores=os.cpu_count() or 1,
        repeat=1,
        samples=tuple(msgspec.convert(line, Sample) for line in lines if "program" in line),
        **versions,
    )
