"""Carry out a plan: start nox once more, with a session per cell, and file what became of each.

In: tasks and what their cells share. Out: a record in the store for every cell, including those
whose session failed before it could leave one.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from matrix import processes
from matrix.cell_session import CellTask, Run
from matrix.cells import CellStatus
from matrix.environments import drop_unless_made_with, environment
from matrix.errors import BadInput, Unreachable
from matrix.files import write_atomically
from matrix.observations import CellRecord, Store
from matrix.overhead.session import OverheadRun, OverheadTask
from matrix.settings import for_tools
from matrix.terminal import say

ROOT = Path(__file__).parents[1]
NO_FOLDER = (FileExistsError, NotADirectoryError, PermissionError)
GRACE_S = 10.0  # for nox to end its sessions when interrupted


@contextlib.contextmanager
def only_run(folder: Path, say: Callable[[str], None], name: str = "run") -> Iterator[None]:
    """Hold a folder, or what is `name`d in it, for one run; a second one says so and waits.

    Raises:
        BadInput: it is no folder, or not one to write to.
        Unreachable: the disk refuses.
    """
    lock = FileLock(folder / f"{name}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        say(f"another run is using {folder}; waiting until it ends (Ctrl-C to leave)")
        lock.acquire()
    except OSError as error:
        kind = BadInput if isinstance(error, NO_FOLDER) else Unreachable
        raise kind(
            f"{folder} cannot be used: {error.strerror}; it has to be a folder that can be written"
            " to (--state and --envdir name others)"
        ) from error
    try:
        yield
    finally:
        lock.release()


def run_cells(
    run: Run, order: Sequence[str], *, jobs: int, download_python: str, envdir: Path
) -> None:
    """Run the cells in `order` through nox, `jobs` at a time, and see that each has a record.

    Raises:
        KeyboardInterrupt: after nox and all it started have ended.
        Unreachable: nox could not be started.
    """
    with environments_held(run.cells, envdir):
        status, sessions = call_nox(
            run, order, jobs=jobs, download_python=download_python, envdir=envdir
        )
    store = Store(Path(run.state) / "observations", say)
    for cell in order:
        # Whatever nox says, only a record made by this very run counts as one.
        record = store.load(cell)
        if record is None or record.run != run.id:
            how = sessions.get(cell, f"not run, nox ended with status {status}")
            broken = _broken(cell, run, f"its session left no observations (nox: {how})")
            store.save(broken.merged(record, run.known))


@contextlib.contextmanager
def environments_held(cells: Mapping[str, CellTask | OverheadTask], envdir: Path) -> Iterator[None]:
    """Hold the environments of cells for one run, none made with another interpreter than theirs.

    Runs with other states share them, and two must not make the same one.
    """
    with contextlib.ExitStack() as held:
        # In one order everywhere, so that no two wait for each other.
        for cell in sorted(cells):
            say = functools.partial(print, flush=True)
            held.enter_context(only_run(envdir, say, cell))
            # Of a run that was killed a session may be left, for as long as it takes to notice.
            with only_run(envdir, say, f"{cell}.session"):
                drop_unless_made_with(environment(envdir, cell), cells[cell].python)
        yield


def call_nox(
    run: Run | OverheadRun,
    order: Sequence[str],
    *,
    jobs: int,
    download_python: str,
    envdir: Path,
) -> tuple[int, dict[str, str]]:
    """Start nox with the sessions of these cells; return its status and its word for each cell.

    The environments of the cells are held by the caller.

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
        "--parallel", str(jobs), "--download-python", download_python,
        "--script-mode", "none", "--envdir", str(envdir), "--report", str(report),
        "--session", *(f"cell({cell})" for cell in order),
    ]  # fmt: skip
    seen = for_tools(os.environ) | {
        "NUMBA_MATRIX_RUN": str(run_file),
        processes.PARENT: str(os.getpid()),
        "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace",
    }
    try:
        status = processes.run(command, grace_s=GRACE_S, environment=seen, folder=ROOT)
    except OSError as error:
        raise Unreachable(f"nox could not be started: {error}") from error
    return status, _session_results(report)


def _session_results(report: Path) -> dict[str, str]:
    """Return nox's word for each cell's session, by cell id."""
    if not report.exists():
        return {}
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    return {entry["args"]["name"]: entry["result"] for entry in sessions}


def _broken(cell: str, run: Run, reason: str) -> CellRecord:
    return CellRecord(
        cell=cell,
        run=run.id,
        numba=run.cells[cell].numba,
        status=CellStatus.BROKEN,
        platform=run.platform,
        cpu=run.cpu,
        reason=reason,
    )
