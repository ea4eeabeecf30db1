"""The body of the nox session `cell(...)`: install one lock, run an experiment, file what it did.

In: a nox session in a virtualenv of its own, and the run file that says what to do. Out: the
cell's record in the store, whatever happened: a cell that cannot be installed or whose runner
failed is filed as such.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import nox
from filelock import FileLock, Timeout
from nox.command import CommandFailed
from uv import find_uv_bin

from ..errors import MatrixError
from ..experiments import EXPERIMENTS
from ..experiments.probe import AT_HOME, ended_by
from ..model.cell import CellStatus, status_for
from ..model.files import Store, remove
from ..model.job import Job, Observed, ProbeJob, Run
from ..model.text import log_line, log_lines
from ..packages.uv import silence
from . import processes
from .environment import (
    difference,
    drop,
    drop_unless_made_with,
    environment,
    holds,
    in_place,
    making,
    mark,
    python_of,
    without_caches,
)

# Shorter than the grace that nox gives a session which is to end.
GRACE_S = 1.0
MARGIN_S = 30.0
# Runs some of the probes; returns why that failed, or "", and the runner's lines.
Attempt = Callable[[tuple[ProbeJob, ...]], tuple[str, list[dict[str, Any]]]]


def run_cell(session: nox.Session, run_file: Path, cell: str) -> None:
    """Do everything one cell has to do, and leave its record behind.

    Ends the session with an error when the cell could not be installed or its runner failed.
    """
    run = msgspec.json.decode(run_file.read_bytes(), type=Run)
    experiment = EXPERIMENTS[run.experiment]
    store = Store(Path(run.folder), lambda text: session.warn(log_line(text)), experiment.record)
    with at_work(session, Path(run.state), cell) as (work, is_over):
        try:
            seen = observe(session, run, cell, work)
            # Before anything is filed: what probes left here may be what fills the disk.
            remove(work)
            if is_over():
                session.error("the run that this cell belongs to is over: nothing is filed")
            record = experiment.filed(run, cell, seen, store.load(cell))
            store.forget(cell) if record is None else store.save(record)
        except MatrixError as error:
            session.error(log_lines(str(error)))
        finally:
            for name in run.jobs[cell].parts() if run.prune else ():
                let_go(environment_of(session, cell, name))
    if seen.status is not CellStatus.RAN or record is None:
        session.error(log_lines(f"{seen.status}, {cell}: {seen.reason or 'not all was seen'}"))
    session.log(f"{cell}: {len(run.jobs[cell].probes)} programs run in {seen.cpu_s:.1f} CPU s")


@contextlib.contextmanager
def at_work(
    session: nox.Session, state: Path, cell: str
) -> Iterator[tuple[Path, Callable[[], bool]]]:
    """Hold a cell's environment, and give it a folder and the means to see that its run is over.

    That ends us too: the driver holds the lock of its state for as long as it lives.
    """
    parent = os.getppid()

    def is_over() -> bool:
        with contextlib.suppress(Timeout), FileLock(state / "run.lock", timeout=0):
            return True
        return os.getppid() != parent

    processes.end_with(parent, is_over)
    envdir = Path(session.virtualenv.location).parent
    work = state / "work" / cell
    with FileLock(envdir / f"{cell}.session.lock"):
        remove(work)
        work.mkdir(parents=True)
        try:
            yield work, is_over
        finally:
            remove(work)


def let_go(env: Path) -> None:
    """Drop an environment: the next one is made anew."""
    with contextlib.suppress(OSError):
        drop(env)


def observe(session: nox.Session, run: Run, cell: str, work: Path) -> Observed:
    """Install each lock, run what is to be run in it, and return what was seen.

    What cannot be installed for some of the probes is of those alone, unless there are no others.
    """
    job = run.jobs[cell]
    began, before, install_s = dt.datetime.now(dt.UTC), children_cpu(), 0.0
    lines: list[dict[str, Any]] = []
    lacking = dict(job.not_installable)
    kept = Observed(CellStatus.RAN, "", began.isoformat(timespec="seconds"))
    parts = job.parts()
    for name, part in parts.items():
        env = environment_of(session, cell, name)
        started = time.monotonic()
        reason = install(session, env, Path(part.lock), part.python, work)
        install_s += time.monotonic() - started
        if reason:
            lacking |= {probe.id: reason.splitlines()[-1] for probe in part.probes}
            kept = msgspec.structs.replace(kept, reason=reason)
            continue
        failure, more = run_part(env, run, cell, part, work / name)
        lines += more
        if failure:
            # It may be the environment that is damaged.
            let_go(env)
            kept = msgspec.structs.replace(kept, status=CellStatus.BROKEN, reason=failure)
            break
    if kept.status is CellStatus.RAN and kept.reason and not lines:
        why = kept.reason.rpartition("\n")[2]
        kept = msgspec.structs.replace(kept, status=status_for(why))
    elif kept.status is CellStatus.RAN:
        kept = msgspec.structs.replace(kept, reason="")
    return msgspec.structs.replace(
        kept, install_s=round(install_s, 3), cpu_s=round(children_cpu() - before, 3),
        lines=tuple(lines), not_installable=lacking,
    )  # fmt: skip


def environment_of(session: nox.Session, cell: str, name: str) -> Path:
    """Return the session's own environment, or one of that name beside it, made as it is."""
    plain = Path(session.virtualenv.location)
    return environment(plain.parent, cell, name) if name else plain


def run_part(
    env: Path, run: Run, cell: str, part: Job, work: Path
) -> tuple[str, list[dict[str, Any]]]:
    """Run what has one environment; return why that failed, or "", and the runner's lines.

    A probe that ends the runner whenever it is there did just that, and takes no other with it.
    """

    def attempt(probes: tuple[ProbeJob, ...]) -> tuple[str, list[dict[str, Any]]]:
        remove(work)
        work.mkdir()
        failure = run_script(env, run, cell, msgspec.structs.replace(part, probes=probes), work)
        lines = read_lines(work / "out.jsonl")
        if not failure and not any(line.get("done") for line in lines):
            failure = "the in-cell runner ended before it was done"
        return failure, lines

    at_home = any(probe.carrier in AT_HOME for probe in part.probes if probe.environment)
    with without_caches(env) if at_home else contextlib.nullcontext():
        failure, lines = attempt(part.probes)
        told = failure and told_apart(run, part, failure, attempt)
    failure, lines = ("", told) if told else (failure, lines)
    said = Observed(CellStatus.RAN, lines=tuple(lines)).versions
    return failure or difference(env, Path(part.lock), part.version, said), lines


def told_apart(run: Run, part: Job, failure: str, attempt: Attempt) -> list[dict[str, Any]] | None:
    """Return what all probes did where just one of them ends the runner; None if that is not so.

    Half of them are run at a time, until it is alone. What is a disk's fault, or a patch's, or
    Numba's own tests', or took all the time there is, is of no one probe.
    """
    others = "OSError" in failure or failure.startswith(processes.SILENT) or part.upstream_key
    left, told = part.probes, list[dict[str, Any]]()
    if others or run.experiment != "probes":
        return None
    while True:
        middle = len(left) // 2  # of one there is nobody: that shows whether it is this one
        (one, first), (other, second) = map(attempt, (left[:middle], left[middle:]))
        if bool(one) == bool(other):  # it was the machine, or is of more than one
            return None if one else [*told, *first, *second]
        failure, told = one or other, told + (second if one else first)
        left, ended = (left[:middle], first) if one else (left[middle:], second)
        if len(left) == 1:
            return None if left[0].patch else [*told, *ended_by(left[0], failure, ended)]


def children_cpu() -> float:
    """Return the CPU seconds of all processes under us that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def install(session: nox.Session, env: Path, lock: Path, python: str, work: Path) -> str:
    """Install the lock, unless it already is; return why it could not be, or ""."""
    if not lock.exists():
        return f"there is no lock {lock.name}; `nox -s lock` makes it"
    if holds(env, lock, python):
        return ""
    plain = Path(session.virtualenv.location)
    if env != plain:
        drop_unless_made_with(env, python)
    said = work / "install.txt"
    try:
        with said.open("w", encoding="utf-8") as out:
            for words in making(env, lock, str(python_of(plain))):
                session.run(
                    find_uv_bin(), *words, external=True, stdout=out, silent=False, log=False
                )
    except CommandFailed:
        told = said.read_text(encoding="utf-8", errors="replace")
        return silence(told) or complaint(told)
    mark(env, lock, python)
    return ""


def run_script(env: Path, run: Run, cell: str, job: Job, work: Path) -> str:
    """Run the experiment's script in the cell; return why it failed, or ""."""
    experiment = EXPERIMENTS[run.experiment]
    order = {
        "parent": os.getpid(),
        "cell": cell,
        "scratch": str(work / "scratch"),
        "out": str(work / "out.jsonl"),
        "timeout_s": run.timeout_s,
        "probes": [msgspec.to_builtins(probe) for probe in job.probes],
        **experiment.order(run, job),
    }
    job_file = work / "job.json"
    job_file.write_bytes(msgspec.json.encode(order))
    patience = processes.Patience(work / "out.jsonl", 3 * experiment.longest_s(run, job) + MARGIN_S)
    script = str(Path(run.runner) / experiment.script)
    python = in_place(Path(job.lock)) or str(python_of(env))
    command = [python, "-E", "-s", script, str(job_file)]
    said = work / "runner.txt"
    try:
        with said.open("w", encoding="utf-8") as out:
            status = processes.run(
                command, grace_s=GRACE_S, overdue=patience.has_ended,
                stdout=out if experiment.quiet else None,
            )  # fmt: skip
    except processes.Overdue:
        return f"{processes.SILENT} for {patience.limit_s:.0f} s"
    except OSError as error:
        return f"the in-cell runner did not start: {error.strerror}"
    if not status:
        return ""
    failed = [line["failed"] for line in read_lines(work / "out.jsonl") if "failed" in line]
    return "".join(failed) or tail(said, 2000) or "the in-cell runner failed without a word"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the runner's lines, parsed."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def complaint(said: str) -> str:
    """Return what the installer complained of: from its error on, bounded, the cause at the end."""
    causes = list(re.finditer(r"(?m)^ *(?:error:|cause:|×|├─▶|╰─▶) *(.+)$", said))  # noqa: RUF001
    if not causes:
        return said.strip()[-1500:] or "the installer failed without a word"
    return f"{said[causes[0].start() :].strip()[:1500]}\n{causes[-1][1]}"


def tail(path: Path, limit: int) -> str:
    """Return the last `limit` characters of a file, from the start of a line, stripped."""
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    return text if len(text) <= limit else "... " + text[-limit:].partition("\n")[2]
