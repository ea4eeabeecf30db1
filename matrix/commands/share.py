"""`nox -s share`: let each two of the selected cells use one cache folder, in either order."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status, Unreachable
from ..experiments.probe import Probe, named
from ..experiments.sharing import Pair, Sharing, User, grid, legend
from ..model.cell import Cell
from ..model.files import remove, write_atomically
from ..model.record import Phase
from ..plan.staging import Staged, stage
from ..project import DATA, PROBES, Project, read_project
from ..report.lines.table import padded
from ..report.terminal import say
from ..run.environment import environment, holds, only_run, python_of
from ..select.lock import lock_path
from ..select.machine import Machine, machine_here
from ..select.selection import select
from .run import run_due

# Neighbours that people have: the newest release and the one before, on the newest CPython and the
# one before it.
NEIGHBOURS = ("0.68.1-cp313", "0.68.1-cp312", "0.67.0-cp313")


def share(o: asked.Share) -> int:
    """Let each two of the cells, and CPU names, use one folder, and say what came of it."""
    project = read_project(o.state)
    machine = machine_here(o.state, project.offered(o.download_python))
    words = o.selectors or NEIGHBOURS
    selection = select(words, project.catalogue(machine.pythons), pre=o.pre)
    for line in selection.lines():
        say(line)
    probe = named(project.probes, o.sharing)
    if probe.carrier != "cache":
        raise BadInput(f"--sharing {probe.id}: only what lies in cache/ leaves a cache to share")
    users = [User(cell.id, cpu) for cell in selection.runnable for cpu in ("", *o.cpu_names)]
    if len(users) < 2:  # noqa: PLR2004 (it takes two)
        raise NothingToRun("one cell has nobody to share with: name two, or --cpu-names generic")
    _make_environments(o, project, machine, selection.runnable, probe)
    with only_run(project.state, say):
        pairs = list(_pairs(o, project, probe, users))
    text = "\n".join([padded(grid(pairs)), "", *legend(pairs)])
    for line in text.split("\n"):
        say(line)
    folder = project.state / "report"
    write_atomically(folder / "share.md", f"# One cache folder, {probe.id}\n\n{text}\n")
    write_atomically(folder / "share.json", msgspec.json.encode(pairs).decode())
    say(f"report: {folder / 'share.md'}")
    bad = {Sharing.STALE, Sharing.RAISES, Sharing.CRASHES}
    return Status.FAILS if any(pair.word in bad for pair in pairs) else Status.HOLDS


def _make_environments(
    o: asked.Share, project: Project, machine: Machine, cells: Sequence[Cell], probe: Probe
) -> None:
    """Have nox make those environments that are not there, by a run of the probe in each."""
    missing = [
        cell
        for cell in cells
        if not holds(
            environment(o.envdir, cell.id),
            lock_path(DATA, cell.release),
            machine.interpreters[cell.python].path,
        )
    ]
    if missing:
        run_due(dataclasses.replace(o, fresh=True), project, machine, missing, (probe,))


def _pairs(o: asked.Share, project: Project, probe: Probe, users: Sequence[User]) -> Iterator[Pair]:
    """Yield what each two users came to, each with itself as well, on a folder of their own."""
    work = project.state / "work" / "share"
    staged = stage(work / "staged", [probe], [], home=PROBES, locks=DATA / "locks", say=say)
    with contextlib.ExitStack() as held:
        for cell in sorted({user.cell for user in users}):
            held.enter_context(only_run(o.envdir, say, cell))
        for first, second in itertools.product(users, repeat=2):
            remove(work / "scratch")
            turn = functools.partial(_turn, o, staged, staged.probes[probe.id], work / "scratch")
            yield Pair(first, second, tuple(turn(user) for user in (first, second, first)))
    remove(work)


def _turn(o: asked.Share, staged: Staged, probe: Probe, scratch: Path, user: User) -> Phase:
    """Have a user's Python run the probe on the folder as it is; raises Unreachable."""
    scratch.mkdir(parents=True, exist_ok=True)
    order: dict[str, Any] = {
        "probe": probe.id,
        "carrier": probe.carrier,
        "phase": "warm",
        "as": "warm",
        "source": str(probe.path),
        "path": str(scratch / "shared" / probe.path.name),
        "scratch": str(scratch),
        "results": str(scratch / "results"),
        "patch": None,
        "mixins": None,
        "truth": "",
        "environment": {},
    }
    settings = {"NUMBA_CPU_NAME": user.cpu} if user.cpu else {}
    out = scratch / "out.jsonl"
    out.unlink(missing_ok=True)
    job = {"order": order, "settings": settings, "timeout_s": o.timeout, "out": str(out)}
    (scratch / "job.json").write_text(json.dumps(job), encoding="utf-8")
    python = python_of(environment(o.envdir, user.cell))
    script = staged.runner_folder / "shared.py"
    try:
        ended = subprocess.run(
            [str(python), "-E", "-s", str(script), str(scratch / "job.json")],
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except OSError as error:
        raise Unreachable(
            f"{python} did not start: {error.strerror}; run the cell alone"
        ) from error
    if ended.returncode or not out.exists():
        raise Unreachable(
            f"{user}: its process said nothing (exit {ended.returncode}); run the cell alone"
        )
    line = json.loads(out.read_text(encoding="utf-8"))
    return msgspec.convert({k: v for k, v in line.items() if k not in ("probe", "outside")}, Phase)
