"""`nox -s share`: let each two of the selected cells use one cache folder, in either order."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from packaging.version import Version

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status, Unreachable
from ..experiments.probe import Probe, named
from ..experiments.sharing import BAD, HOW, Pair, Shared, User, keep, source
from ..model.cell import Cell
from ..model.files import remove, write_atomically
from ..model.record import Phase
from ..packages.numpys import with_oldest_numpy
from ..plan.staging import Staged, stage
from ..project import DATA, PROBES, Project, read_project
from ..report.lines.table import padded
from ..report.terminal import say
from ..run.environment import environment, holds, make, only_run, python_of
from ..select.machine import Machine, machine_here
from ..select.releases import lock_path
from ..select.selection import Catalogue, one_per_release, select
from .run import run_due
from .stored.report import SHARED, publish

ANY_CPU = "generic"  # the name that LLVM has for what every processor can do
# Where each user's Numba lies.
Places = Mapping[User, Path]


def share(o: asked.Share) -> int:
    """Let each two of the cells, CPU names and NumPys use one folder, and say what came of it."""
    project = read_project(o.state)
    machine = machine_here(o.state, project.offered(o.download_python))
    probe = named(project.probes, o.sharing)
    if probe.carrier != "cache":
        raise BadInput(f"--sharing {probe.id}: only what lies in cache/ leaves a cache to share")
    cells = _cells(o, project.catalogue(machine.pythons))
    _make_environments(o, project, machine, cells, probe)
    users = _users(o, project, machine, cells)
    say(
        f"{len(users)} users of {probe.id}, each two in either order on one cache folder:"
        f" {3 * len(users) ** 2} processes, one at a time"
    )
    with only_run(project.state, say):
        pairs = tuple(_pairs(o, project, probe, users))
        shared = Shared(probe.id, pairs, source(probe, project.runner))
        keep(project.state / SHARED, shared)
        publish(project)
    text = "\n".join([padded(shared.grid), "", HOW, *shared.legend])
    for line in text.split("\n"):
        say(line)
    path = project.state / "report" / "share.md"
    write_atomically(path, f"# One cache folder, {probe.id}\n\n{text}\n")
    say(f"grid: {path}, and in matrix.json, report.md and index.html beside it")
    return Status.FAILS if any(pair.word in BAD for pair in shared.pairs) else Status.HOLDS


def _cells(o: asked.Share, catalogue: Catalogue) -> tuple[Cell, ...]:
    """Return the cells that are to share, those that people have side by side if none is named.

    Raises BadInput for a cell that is named twice, or alone, and NothingToRun when too few can run.
    """
    words = o.selectors or [cell.id for cell in neighbours(catalogue)]
    twice = [word for word, times in Counter(words).items() if times > 1]
    if twice:
        raise BadInput(f"{twice[0]} is named twice; name it once: each shares with itself as well")
    if not words:
        raise NothingToRun("no release can run here, so none can share; --download-python auto")
    selection = select(words, catalogue, pre=o.pre)
    for line in selection.lines():
        say(line)
    alone = bool(o.selectors) and not (o.cpu_names or o.oldest_numpy)
    if len(selection.runnable) < 2 and alone:  # noqa: PLR2004
        error = BadInput if len(selection.cells) == 1 else NothingToRun
        raise error(
            f"{' '.join(words)}: one cell has nobody to share with; name two, such as"
            " 0.68.1-cp313 0.68.1-cp312, or let it share with itself: --cpu-names generic,"
            " --oldest-numpy"
        )
    return selection.runnable


def neighbours(catalogue: Catalogue) -> list[Cell]:
    """Return the newest release here, the same on the CPython before, and the one before it."""
    here = one_per_release(catalogue, None)
    if not here:
        return []
    newest = here[-1]
    older = [
        cell
        for cell in catalogue.pairs()
        if cell.release == newest.release
        and cell.python in catalogue.pythons
        and Version(cell.python) < Version(newest.python)
    ]
    before = [cell for cell in one_per_release(catalogue, newest.python) if cell != newest]
    return [*before[-1:], *sorted(older, key=lambda cell: cell.key)[-1:], newest]


def _make_environments(
    o: asked.Share, project: Project, machine: Machine, cells: Sequence[Cell], probe: Probe
) -> None:
    """Have nox make those environments that are not there, by a run of the probe in each."""
    here = machine.interpreters
    missing = [
        cell
        for cell in cells
        if cell.python not in here
        or not holds(
            environment(o.envdir, cell.id),
            lock_path(DATA / "locks", cell.release),
            here[cell.python].path,
        )
    ]
    if missing:
        starting = {f.name: getattr(o, f.name) for f in dataclasses.fields(asked.Starting)}
        run_due(asked.Running(**starting, fresh=True), project, machine, missing, (probe,))


def who(o: asked.Share, cells: Sequence[Cell]) -> list[tuple[Cell, str, bool]]:
    """Return who shares: each cell with each CPU name, and whether with its oldest NumPy.

    Where nothing is asked for, these are the neighbours that people have: of the newest cell also
    another processor, and another NumPy.
    """
    if o.selectors or o.cpu_names or o.oldest_numpy:
        numpys = (False, True) if o.oldest_numpy else (False,)
        return list(itertools.product(cells, ("", *o.cpu_names), numpys))
    newest = max(cells, key=lambda cell: cell.key)
    return [*((cell, "", False) for cell in cells), (newest, ANY_CPU, False), (newest, "", True)]


def _users(o: asked.Share, project: Project, machine: Machine, cells: Sequence[Cell]) -> Places:
    """Return who shares, and where the environment of each is; one that is missing is made."""
    found: dict[User, Path] = {}
    for cell, cpu, oldest in who(o, cells):
        numpy, env = "", environment(o.envdir, cell.id)
        if oldest:
            here = machine.interpreters.get(cell.python)
            lock, numpy = with_oldest_numpy(
                cell,
                lock_path(DATA / "locks", cell.release),
                here.version if here else cell.python,
                project.packages,
            )
            plain, env = env, environment(o.envdir, cell.id, "oldest-numpy")
            with only_run(o.envdir, say, cell.id):
                make(env, lock, str(python_of(plain)))
        found[User(cell.id, cpu, numpy)] = env
    return found


def _pairs(o: asked.Share, project: Project, probe: Probe, users: Places) -> Iterator[Pair]:
    """Yield what each two users came to, each with itself as well, on a folder of their own."""
    work = project.state / "work" / "share"
    staged = stage(work / "staged", [probe], [], home=PROBES, locks=DATA / "locks", say=say)
    with contextlib.ExitStack() as held:
        for cell in sorted({user.cell for user in users}):
            held.enter_context(only_run(o.envdir, say, cell))
        for first, second in itertools.product(users, repeat=2):
            remove(work / "scratch")
            turn = functools.partial(_turn, o, staged, staged.probes[probe.id], work / "scratch")
            phases = tuple(turn(user, users[user]) for user in (first, second, first))
            yield Pair(first, second, phases)
    remove(work)


def _turn(
    o: asked.Share, staged: Staged, probe: Probe, scratch: Path, user: User, env: Path
) -> Phase:
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
    script = staged.runner_folder / "shared.py"
    _run(user, [str(python_of(env)), "-E", "-s", str(script), str(scratch / "job.json")], out)
    line = json.loads(out.read_text(encoding="utf-8"))
    return msgspec.convert({k: v for k, v in line.items() if k not in ("probe", "outside")}, Phase)


def _run(user: User, command: Sequence[str], out: Path) -> None:
    """Have a process write what it did to a file; raises Unreachable where it does not."""
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise Unreachable(
            f"{command[0]} did not start: {error.strerror}; run the cell alone"
        ) from error
    if ended.returncode or not out.exists():
        raise Unreachable(
            f"{user}: its process said nothing (exit {ended.returncode}); run the cell alone"
        )
