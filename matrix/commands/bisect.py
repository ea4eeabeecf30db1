"""`nox -s bisect`: halve the releases until the one is found where an outcome changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status
from ..experiments.outside import recall
from ..experiments.probe import Probe, named
from ..judge.bisect import bisect as halve
from ..judge.changes import spans, story
from ..judge.judge import results
from ..model.cell import Cell, CellStatus, parse_cell
from ..model.outcome import Result
from ..model.record import CellRecord
from ..model.text import counted
from ..plan import plan as planning
from ..plan.bisected import bisected, note
from ..project import Project, read_project
from ..report.terminal import say
from ..select.machine import Machine, machine_here
from ..select.selection import one_per_release
from .run import needing, run_due


def bisect(o: asked.Bisect) -> int:
    """Find the release where a probe's outcome changed, running only the cells that takes."""
    project = read_project(o.state, o.probes)
    if len(o.changed) != 1:
        raise BadInput("nox -s bisect -- PROBE: name one probe, such as cache/self_lazy")
    (probe,) = needing(o, project.able((named(project.probes, o.changed[0]),), say))
    machine = machine_here(o.state, project.offered(o.download_python))
    catalogue = project.catalogue(machine.pythons)
    cells = one_per_release(catalogue, o.python)
    if not cells:
        raise NothingToRun(f"no release can run here on CPython {o.python or 'any'}")

    def seen_in(cells: Sequence[Cell]) -> dict[str, Result]:
        records = (project.store(say).load(cell.id) for cell in cells)
        ran = (record for record in records if record and record.status is CellStatus.RAN)
        did = {r.cell: results(planning.as_last_tried(r, [probe]), o.isolation) for r in ran}
        return {cell: seen[probe.id] for cell, seen in did.items() if probe.id in seen}

    def look(wanted: Sequence[str]) -> dict[str, Result]:
        there = [parse_cell(cell) for cell in wanted]
        for cell in wanted:
            if _is_new(project.store(say).load(cell), probe.id):
                note(project.state, cell, probe.id)
        missed = run_due(o, project, machine, there, (probe,))
        return seen_in([cell for cell in there if cell.id not in missed])

    # Looking at what is stored under today's conditions costs nothing.
    stored = _stored(o, project, probe, cells, machine)
    seen = halve([cell.id for cell in cells], look, {} if o.fresh else seen_in(stored))
    if not seen:
        say("no cell ran: nothing is known")
        return Status.COULD_NOT_RUN
    _tell(project, probe.id, seen, len(cells))
    return Status.HOLDS


def _stored(
    o: asked.Bisect, project: Project, probe: Probe, cells: Sequence[Cell], machine: Machine
) -> list[Cell]:
    """Return the cells of which what is stored is of what is here now."""
    under, store = project.conditions(cells, machine, o.isolation), project.store(say)
    return [
        cell
        for cell in cells
        if not planning.stale(
            store.load(cell.id), (probe,), under[cell.id], o.timeout, recall(project.state, cell.id)
        )
    ]


def _tell(project: Project, probe: str, seen: Mapping[str, Result], releases: int) -> None:
    """Say where the probe's outcome changed, and what that is known from."""
    say("")
    found = spans(seen, project.served)
    for line in story(probe, found):
        say(line)
    inferred = "; what was not looked at between two that did the same is inferred to have done so"
    gaps = any(span.releases.has_gaps for span in found)
    say(f"looked at {len(seen)} of {releases} releases" + (inferred if gaps else ""))
    alone = sum(probe in probes for probes in bisected(project.state).values())
    if alone:
        say(
            f"{counted(alone, 'square')} that no run asked for: kept for the next one, and left out"
            f" of `nox -s report`; `nox -s report -- --probe {probe}` shows all of this probe"
        )


def _is_new(stored: CellRecord | None, probe: str) -> bool:
    """Whether nothing is known of a square, but that its cell could be run if it was."""
    if stored is None:
        return True
    known = {one.id for one in stored.probes} | stored.not_installable.keys()
    return stored.status is CellStatus.RAN and probe not in known
