"""`nox -s matrix`: select, plan, run what is due, judge and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status
from ..experiments import upstream
from ..experiments.probe import Probe, matching, with_patch
from ..model.cell import Cell
from ..plan import plan as planning
from ..plan import shards
from ..project import DATA, Project, patch_named, read_project
from ..report.terminal import say
from ..run.nox import Nox, new_run, only_run, run_cells
from ..select.machine import Machine, machine_here
from ..select.selection import select
from .stored.report import judge_and_report


def run(o: asked.Run) -> int:
    """Select, plan, run, judge and report."""
    if o.patch and o.upstream:
        raise BadInput(
            "--upstream runs Numba's own tests as they are, without --patch, which is for probes;"
            " ask for one of the two"
        )
    project = read_project(o.state, o.probes)
    machine = machine_here(o.state, project.offered(o.download_python), o.pythons)
    selection = select(o.selectors, project.catalogue(machine.pythons), pre=o.pre)
    probes = matching(project.probes, o.probe)
    if o.patch:
        probes = with_patch(probes, patch_named(o.patch))
        ids = {probe.id for probe in project.probes}
        more = tuple(probe for probe in probes if probe.id not in ids)
        project = msgspec.structs.replace(project, probes=(*project.probes, *more))
    for line in selection.lines():
        say(line)
    if not selection.runnable:
        raise NothingToRun("no selected cell can run here: each lacks a wheel or an interpreter")
    if o.shard:
        selection = shards.one_part(selection, o.shard, say)
        if not selection.cells:
            return Status.HOLDS
    suites = upstream.load(DATA / "upstream.toml") if o.upstream else {}
    missed = run_due(o, project, machine, selection.runnable, probes, suites)
    selection = selection.without(missed)
    return judge_and_report(
        project, selection, probes, o.isolation, o.summary,
        strict=o.strict, patched=bool(o.patch), table=o.table,
        narrowed=bool(o.selectors or o.probe or o.shard),
    )  # fmt: skip


def run_due(
    o: asked.Running,
    project: Project,
    machine: Machine,
    cells: Sequence[Cell],
    probes: tuple[Probe, ...],
    suites: Mapping[str, upstream.UpstreamSuite] = upstream.NONE,
) -> dict[str, str]:
    """Run the (cell, probe) pairs that are not stored, or all of them if asked to.

    Returns the cells that did not come to run, and why.
    """
    missed: dict[str, str] = {}
    with only_run(project.state, say):
        for isolation in ("exec", "fork") if o.isolation == "both" else (o.isolation,):
            under = project.conditions(cells, machine, isolation)
            jobs = planning.plan(
                [(cell, under[cell.id]) for cell in cells], probes, project.store(say),
                fresh=o.fresh, limit_s=o.timeout, suites=suites,
            )  # fmt: skip
            due = sum(len(job.probes) for job in jobs)
            kept = len(cells) * len(probes) - due
            say(f"{due} probe runs in {len(jobs)} cells to do, {kept} unchanged since last time")
            if jobs:
                run = new_run(
                    project, machine, jobs, suites,
                    isolation=isolation, timeout_s=o.timeout, prune=o.prune, say=say,
                )  # fmt: skip
                costs = {job.cell.id: job.cost_s + shards.DEFAULT_CELL_S for job in jobs}
                missed |= run_cells(run, Nox(o.jobs, o.download_python, o.envdir), say, costs)
    return missed
