"""The commands that run cells and judge them, each as its list of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status
from ..experiments import upstream
from ..experiments.outside import recall
from ..experiments.overhead.samples import (
    FOLDER,
    measurements,
)
from ..experiments.overhead.summary import summarise
from ..experiments.probe import Probe, matching, named, with_patch
from ..judge.bisect import bisect as halve
from ..judge.changes import spans, story
from ..judge.judge import judge, results
from ..judge.patches import Change
from ..model.cell import Cell, CellStatus, parse_cell
from ..model.files import append
from ..model.outcome import Result
from ..model.record import NOTHING, CellRecord
from ..plan import plan as planning
from ..plan import shards
from ..project import DATA, Project, patch_named, read_project
from ..report import findings as reports
from ..report import pages, verdict
from ..report.terminal import say
from ..run.nox import Nox, new_run, only_run, run_cells
from ..select.machine import Machine, default_isolation, machine_here
from ..select.selection import Selected, Selection, one_per_release, select, select_everywhere


def run(o: asked.Run) -> int:
    """Select, plan, run, judge and report."""
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
    missed = _run_due(o, project, machine, selection.runnable, probes, suites)
    selection = selection.without(missed)
    return _judge_and_report(
        project, selection, probes, o.isolation, o.summary, strict=o.strict, patched=bool(o.patch)
    )


def report(o: asked.Report) -> int:
    """Judge and report what is stored, running nothing."""
    project = read_project(o.state, o.probes)
    statuses = [
        _judge_and_report(
            there, selection, matching(there.probes, o.probe), default_isolation(), o.summary,
            strict=o.strict, whole=False,
        )
        for there, selection in reported(o, project)
    ]  # fmt: skip
    # A broken claim says more than a cell that did not run.
    return next(
        (status for status in (Status.FAILS, Status.COULD_NOT_RUN) if status in statuses),
        Status.HOLDS,
    )


def bisect(o: asked.Bisect) -> int:
    """Find the release where a probe's outcome changed, running only the cells that takes."""
    project = read_project(o.state, o.probes)
    if len(o.changed) != 1:
        raise BadInput("nox -s bisect -- PROBE: name one probe, such as cache/self_lazy")
    probe = named(project.probes, o.changed[0])
    machine = machine_here(o.state, project.offered(o.download_python))
    catalogue = project.catalogue(machine.pythons)
    cells = one_per_release(catalogue, o.python)
    if not cells:
        raise NothingToRun(f"no release can run here on CPython {o.python or 'any'}")

    def seen_in(cells: Sequence[Cell]) -> dict[str, Result]:
        records = (project.store(say).load(cell.id) for cell in cells)
        ran = (record for record in records if record and record.status is CellStatus.RAN)
        return {record.cell: results(record, o.isolation)[probe.id] for record in ran}

    def look(wanted: Sequence[str]) -> dict[str, Result]:
        there = [parse_cell(cell) for cell in wanted]
        missed = _run_due(o, project, machine, there, (probe,))
        return seen_in([cell for cell in there if cell.id not in missed])

    # Looking at what is stored under today's conditions costs nothing.
    under = project.conditions(cells, machine, o.isolation)
    stored = [
        cell
        for cell in cells
        if not planning.stale(
            project.store(say).load(cell.id),
            (probe,),
            under[cell.id],
            o.timeout,
            recall(project.state, cell.id),
        )
    ]
    seen = halve([cell.id for cell in cells], look, {} if o.fresh else seen_in(stored))
    if not seen:
        say("no cell ran: nothing is known")
        return Status.COULD_NOT_RUN
    say("")
    found = spans(seen, project.served)
    for line in story(probe.id, found):
        say(line)
    inferred = "; what was not looked at between two that did the same is inferred to have done so"
    gaps = any(span.releases.has_gaps for span in found)
    say(f"looked at {len(seen)} of {len(cells)} releases" + (inferred if gaps else ""))
    return Status.HOLDS


def reported(o: asked.Report, project: Project) -> list[tuple[Project, Selection]]:
    """Return what to report of each platform: what is selected, else all that is stored.

    Raises NothingToRun when nothing is stored, or no cell is selected.
    """
    places = project.on(*o.platform)
    if o.selectors:
        # They may come from other machines: no interpreter of this one has a say.
        pythons = [frozenset(o.pythons) or there.stored_pythons for there in places]
        catalogues = [there.catalogue(at) for there, at in zip(places, pythons, strict=True)]
        found = [s.anywhere() for s in select_everywhere(o.selectors, catalogues, pre=o.pre)]
    else:
        found = [there.all_that_is_stored().anywhere() for there in places]
    for there, selection in zip(places, found, strict=True):
        if not selection.cells:
            say(f"{there.platform}: no cell is selected or stored")
    chosen = [(p, s) for p, s in zip(places, found, strict=True) if s.cells]
    if not chosen:
        raise NothingToRun(f"nothing is stored in {project.state}; run `nox -s matrix` first")
    return chosen


def _run_due(
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
                missed |= run_cells(run, Nox(o.jobs, o.download_python, o.envdir), say)
    return missed


def _judge_and_report(
    project: Project,
    selection: Selection,
    probes: tuple[Probe, ...],
    isolation: str,
    summary: Path | None,
    *,
    strict: bool,
    patched: bool = False,
    whole: bool = True,
) -> int:
    """Judge the selected cells, write the reports, print the verdict, choose the status.

    Unless they were to be `whole`, a square of which nothing is stored fails nothing, and is said.
    """
    records = [_record(project, selected, probes) for selected in selection.cells]
    seen = {probe.id for record in records for probe in record.probes}
    ids = tuple(probe.id for probe in probes if whole or probe.id in seen)
    unknown = len(probes) - len(ids)
    if unknown:
        say(f"of {unknown} probes nothing is stored in these cells")
    given = judge(records, ids, project.claims, isolation, whole=whole)
    beyond = [_record(project, selected, probes) for selected in selection.beyond]
    found = reports.findings([*records, *beyond], ids, given, isolation, project.served)
    found = reports.with_claims(found, project.claims, probes)
    folder = project.state / "report"
    measured = summarise(measurements(project.state / FOLDER, say).load_all())
    pages.write(folder, reports.with_overhead(found, measured, folder), isolation)
    if summary is not None:
        append(summary, (folder / "report.md").read_text(encoding="utf-8"))
    say("")
    holds = bool(found.ran) and verdict.give(given, ids, found.spans, folder / "junit.xml")
    missing = [record for record in records if record.status is not CellStatus.RAN]
    for line in pages.conclusion(found, missing, folder, holds=holds):
        say(line)
    if patched:
        for line in pages.patch_lines(found):
            say(line)
        holds &= not any(effect.change is Change.WORSE for effect in found.effects)
    if not found.ran:
        return Status.COULD_NOT_RUN
    if not holds:
        return Status.FAILS
    all_seen = not (missing or unknown or found.unseen)
    return Status.HOLDS if all_seen or not strict else Status.COULD_NOT_RUN


def _record(project: Project, selected: Selected, probes: Sequence[Probe]) -> CellRecord:
    """Return what is known of a cell: what is stored, or why there is nothing."""
    stored = project.record(selected.cell.id, probes, say) if selected.status is None else None
    return stored or CellRecord(
        cell=selected.cell.id,
        run="",
        numba=selected.cell.release,
        status=selected.status or CellStatus.BROKEN,
        platform=project.platform,
        reason=selected.reason or NOTHING,
    )
