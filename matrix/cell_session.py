"""The body of the nox session `cell(...)`: install one lock, run its probes, file what they did.

In: a nox session in a virtualenv of its own, and the run file that says what to do. Out: the
cell's observations in the store, whatever happened: a cell that cannot be installed or whose
runner failed is filed as such.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import nox
from filelock import FileLock, Timeout
from nox.command import CommandFailed

from matrix import outside, processes
from matrix.cells import CellStatus
from matrix.environments import difference, drop, holds, installed, mark, python_of, unmark
from matrix.errors import MatrixError
from matrix.observations import CellRecord, Phase, ProbeRecord, Store
from matrix.shown import log_line, log_lines
from matrix.upstream import UpstreamResult, UpstreamSuite

RUNNER = Path(__file__).parents[1] / "probes" / "_cell"
# Shorter than the grace that nox gives a session which is to end.
GRACE_S = 1.0
MARGIN_S = 30.0


class ProbeTask(msgspec.Struct, frozen=True):
    """A probe to run, and the key and the source that its observations will be good under."""

    id: str
    carrier: str
    path: str
    key: str
    source: str


class CellTask(msgspec.Struct, frozen=True):
    """What one cell has to do.

    `python` is an executable of this `version`, or, without one, what nox is to download.
    """

    numba: str
    python: str
    version: str
    lock: str
    probes: tuple[ProbeTask, ...]
    upstream_key: str = ""


class Run(msgspec.Struct, frozen=True):
    """All that the cells of one run share. `known` are the probes whose records are kept.

    `runner` is the folder of the in-cell runner, a copy for this run.
    """

    id: str
    state: str
    runner: str
    platform: str
    cpu: str
    isolation: str
    timeout_s: float
    prune: bool
    known: tuple[str, ...]
    upstream: dict[str, UpstreamSuite]
    upstream_timeout_s: float
    cells: dict[str, CellTask]


def run_cell(session: nox.Session, run_file: Path, cell: str) -> None:
    """Do everything one cell has to do, and leave its record behind.

    Ends the session with an error when the cell could not be installed or its runner failed; the
    record then says so as well.
    """
    run = msgspec.json.decode(run_file.read_bytes(), type=Run)
    task = run.cells[cell]
    state = Path(run.state)
    store = Store(state / "observations", lambda text: session.warn(log_line(text)))
    with at_work(session, state, cell) as (work, is_over):
        try:
            record = observe_cell(session, run, cell, work)
            # Before anything is filed: what probes left here may be what fills the disk.
            shutil.rmtree(work, ignore_errors=True)
            if is_over():
                session.error("the run that this cell belongs to is over: nothing is filed")
            store.save(record.merged(store.load(cell), run.known))
        except MatrixError as error:
            session.error(log_lines(str(error)))
        finally:
            if run.prune:
                let_go(session)
    if record.status is not CellStatus.RAN:
        session.error(log_lines(f"{record.status}: {record.reason}"))
    seconds = sum(probe.cost_s for probe in record.probes)
    session.log(f"{cell}: {len(task.probes)} probes run in {seconds:.1f} s")


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
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            yield work, is_over
        finally:
            shutil.rmtree(work, ignore_errors=True)


def let_go(session: nox.Session) -> None:
    """Drop the session's environment: the next one is made anew."""
    with contextlib.suppress(OSError):
        drop(Path(session.virtualenv.location))


def observe_cell(session: nox.Session, run: Run, cell: str, work: Path) -> CellRecord:
    """Install the lock, run the probes, and return the record of what happened."""
    task = run.cells[cell]
    record = CellRecord(
        cell=cell,
        run=run.id,
        numba=task.numba,
        status=CellStatus.RAN,
        platform=run.platform,
        cpu=run.cpu,
    )
    started = time.monotonic()
    reason = install(session, Path(task.lock), task.python, work)
    record = msgspec.structs.replace(record, install_s=round(time.monotonic() - started, 3))
    if reason:
        return msgspec.structs.replace(record, status=CellStatus.NOT_INSTALLABLE, reason=reason)
    before = children_cpu()
    env = Path(session.virtualenv.location)
    failure = run_probes(env, run, task, work)
    record = msgspec.structs.replace(record, cpu_s=round(children_cpu() - before, 3))
    lines = read_lines(work / "out.jsonl")
    if failure is None and not any(line.get("done") for line in lines):
        failure = "the in-cell runner ended before it was done"
    if failure is None:
        failure = difference(env, Path(task.lock), task.version, versions_in(lines))
    if failure:
        # It may be the environment that is damaged.
        let_go(session)
        return msgspec.structs.replace(record, status=CellStatus.BROKEN, reason=failure)
    outside.remember(Path(run.state), cell, run.isolation, lines)
    return filled(record, run, task, lines)


def children_cpu() -> float:
    """Return the CPU seconds of all processes under us that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def install(session: nox.Session, lock: Path, python: str, work: Path) -> str:
    """Install the lock, unless it already is; return why it could not be, or ""."""
    if not lock.exists():
        return f"there is no lock {lock.name}; `nox -s lock` makes it"
    env = Path(session.virtualenv.location)
    if holds(env, lock, python):
        return ""
    unmark(env)
    said = work / "install.txt"
    # What another lock left in the environment would pass without a look at its hash. Into an empty
    # one uv puts what it has in its cache, without asking the index about it again.
    again = ["--reinstall"] if installed(env) else []
    try:
        with said.open("w", encoding="utf-8") as out:
            session.install(
                "--require-hashes", "--only-binary", ":all:", "--exact", *again, "-r", str(lock),
                stdout=out, silent=False, log=False,
            )  # fmt: skip
    except CommandFailed:
        return complaint(said.read_text(encoding="utf-8", errors="replace"))
    mark(env, lock, python)
    return ""


def run_probes(env: Path, run: Run, task: CellTask, work: Path) -> str | None:
    """Run the in-cell runner; return None, or why it failed."""
    job = {
        "parent": os.getpid(),
        "scratch": str(work / "scratch"),
        "out": str(work / "out.jsonl"),
        "timeout_s": run.timeout_s,
        "isolation": run.isolation,
        "probes": [{"id": p.id, "carrier": p.carrier, "path": p.path} for p in task.probes],
        "upstream_timeout_s": run.upstream_timeout_s,
        "upstream": {name: suite.names for name, suite in run.upstream.items()}
        if task.upstream_key
        else {},
    }
    job_file = work / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    longest = max(run.timeout_s, run.upstream_timeout_s if task.upstream_key else 0)
    patience = Patience(work / "out.jsonl", 3 * longest + MARGIN_S)
    said = work / "runner.txt"
    command = [str(python_of(env)), "-E", "-s", run.runner, str(job_file)]
    try:
        with said.open("w", encoding="utf-8") as out:
            status = processes.run(command, grace_s=GRACE_S, overdue=patience.has_ended, stdout=out)
    except processes.Overdue:
        return f"the in-cell runner was ended: it said nothing for {patience.limit_s:.0f} s"
    except OSError as error:
        return f"the in-cell runner did not start: {error.strerror}"
    return (tail(said, 2000) or "the in-cell runner failed without a word") if status else None


class Patience:
    """Ends when a file has not grown for `limit_s` seconds.

    The runner bounds each of its phases and writes down each. But a probe can get at the runner.
    """

    def __init__(self, file: Path, limit_s: float) -> None:
        self.file, self.limit_s = file, limit_s
        self.size, self.since = 0, time.monotonic()

    def has_ended(self) -> bool:
        """Whether nothing has been heard for too long."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        return time.monotonic() - self.since > self.limit_s


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the runner's lines, parsed."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def versions_in(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the packages said they are, or nothing if they did not."""
    return next((line["versions"] for line in lines if "versions" in line), {})


def filled(record: CellRecord, run: Run, task: CellTask, lines: list[dict[str, Any]]) -> CellRecord:
    """Return the record with what the runner's lines say.

    Raises ValidationError when the runner wrote what the types do not hold.
    """
    versions: dict[str, str] = {}
    notes: list[str] = []
    upstream: list[UpstreamResult] = []
    phases: dict[str, list[Phase]] = {probe.id: [] for probe in task.probes}
    modules: dict[str, list[dict[str, str]]] = {probe.id: [] for probe in task.probes}
    for line in lines:
        versions |= line.get("versions", {})
        if "note" in line:
            notes.append(f"{line['note']}: {line['stderr']}")
        if "upstream" in line:
            said = {"suite": line["upstream"], "key": task.upstream_key, **line["result"]}
            upstream.append(msgspec.convert(said, UpstreamResult))
        if "probe" in line:
            probe = line.pop("probe")
            modules[probe] += line.pop("outside", [])
            phases[probe].append(msgspec.convert(line, Phase))
    probes = tuple(
        ProbeRecord(
            p.id, p.carrier, run.isolation, p.key, tuple(phases[p.id]), p.source,
            outside.imported(modules[p.id]),
        )
        for p in task.probes
    )  # fmt: skip
    versions.pop("numba", None)
    return msgspec.structs.replace(
        record, notes=tuple(notes), probes=probes, upstream=tuple(upstream), **versions
    )


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
