"""`nox -s matrix`: select, plan, run what is due, judge and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from .. import options as asked
from ..errors import BadInput, NothingToRun, Status
from ..experiments import upstream
from ..experiments.needs import hopeless, needs_of
from ..experiments.probe import Probe, with_patch
from ..judge.judge import Judgement, judge
from ..model.cell import Cell, CellStatus
from ..model.record import CellRecord
from ..model.text import counted
from ..packages.equip import Equipment, equip
from ..plan import plan as planning
from ..plan import shards
from ..plan.bisected import asked_for
from ..project import DATA, Project, patch_named, read_project
from ..report.terminal import say
from ..report.terminal.progress import Judged
from ..run.environment import only_run
from ..run.nox import Nox, Watch, new_run, run_cells
from ..select.machine import Machine, machine_here
from ..select.releases import lock_path
from ..select.selection import select, split_words
from .stored.report import Wanted, judge_and_report


def run(o: asked.Run) -> int:
    """Select, plan, run, judge and report."""
    if o.base:
        raise BadInput("--base: it is what --numba or --numba-python is held against; name one")
    project = read_project(o.state, o.probes)
    machine = machine_here(o.state, project.offered(o.download_python), o.pythons)
    selectors = o.selectors or split_words((o.otherwise,))
    selection = select(selectors, project.catalogue(machine.pythons), pre=o.pre)
    probes = needing(o, project.asked_for(o.probe, say))
    suites = upstream.load(DATA / "upstream.toml") if o.upstream else {}
    if o.patch:
        patch = patch_named(o.patch)
        probes, suites = with_patch(probes, patch), upstream.with_patch(suites, patch)
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
    asked_for(project.state, (c.id for c in selection.runnable), (probe.id for probe in probes))
    missed = run_due(o, project, machine, selection.runnable, probes, suites)
    selection = selection.without(missed)
    wanted = Wanted(
        isolation=o.isolation, summary=o.summary, strict=o.strict, patched=bool(o.patch),
        suites=tuple(suites), table=o.table, narrowed=bool(o.selectors or o.probe or o.shard),
    )  # fmt: skip
    return judge_and_report(project, selection, probes, wanted)


def needing(
    o: asked.Run | asked.Bisect | asked.Debug, probes: Sequence[Probe]
) -> tuple[Probe, ...]:
    """Return the probes with what is asked for with them, and say which cannot run anywhere.

    Raises BadInput for a word after --with that is wrong, or where the probes are the suite's.
    """
    if o.with_ and o.probes is None:
        raise BadInput("--with: the suite's own probes need nothing; name yours with --probes DIR")
    needs = needs_of(o.with_)
    if o.probes is not None:
        for probe in probes:
            if why := hopeless(probe.path, probe.carrier):
                say(f"{probe.id}: {why}, so it will raise in every cell")
    return tuple(probe.needing(needs) for probe in probes)


def equipped(
    o: asked.Running | asked.Debug,
    project: Project,
    machine: Machine,
    cells: Sequence[Cell],
    probes: tuple[Probe, ...],
    *,
    jobs: int = 1,
    fresh: bool = False,
) -> Equipment:
    """Resolve what these probes need in each cell."""
    at_release = isinstance(o, asked.Needing) and o.as_of == "release"
    releases = {r.version: r for r in project.releases}
    return equip(
        cells, probes, machine,
        locks={version: lock_path(DATA / "locks", version) for version in releases},
        until={v: str(r.locked_on) for v, r in releases.items() if at_release},
        folder=project.packages, jobs=jobs, fresh=fresh,
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
        equipment = equipped(o, project, machine, cells, probes, jobs=o.jobs, fresh=o.fresh)
        file_refused(project, equipment, cells, probes)
        for isolation in ("exec", "fork") if o.isolation == "both" else (o.isolation,):
            under = project.conditions(cells, machine, isolation, None, equipment.installed)
            jobs = planning.plan(
                [(cell, under[cell.id]) for cell in cells], probes, project.store(say),
                fresh=o.fresh, limit_s=o.timeout, suites=suites,
                lacking={cell.id: equipment.lacking(cell.id) for cell in cells},
            )  # fmt: skip
            due = sum(len(job.probes) for job in jobs)
            lacking = sum(len(equipment.lacking(cell.id)) for cell in cells)
            kept = len(cells) * len(probes) - due - lacking
            told = f"{counted(due, 'probe run')} in {counted(len(jobs), 'cell')} to do"
            told += f", {kept} unchanged since last time"
            say(told + (f", {lacking} lack what they need" if lacking else ""))
            if jobs:
                run = new_run(
                    project, machine, jobs, suites,
                    isolation=isolation, timeout_s=o.timeout, prune=o.prune,
                    equipment=equipment, say=say,
                )  # fmt: skip
                costs = {job.cell.id: job.cost_s + shards.DEFAULT_CELL_S for job in jobs}
                watch = Watch(costs, _judged(project, cells, isolation))
                missed |= run_cells(run, Nox(o.jobs, o.download_python, o.envdir), say, watch)
    return missed


def _judged(project: Project, cells: Sequence[Cell], isolation: str) -> Judged:
    """Return what holds the claims against the record of a cell, and against a part of one.

    None for builds that are no release: they are held against their base, once both have run.
    """

    def judged(record: CellRecord) -> Sequence[Judgement]:
        ids = [probe.id for probe in record.probes]
        return judge([record], ids, project.claims, isolation, whole=False).judgements

    return None if any(cell.is_local for cell in cells) else judged


def file_refused(
    project: Project, equipment: Equipment, cells: Sequence[Cell], probes: tuple[Probe, ...]
) -> None:
    """File, in each cell, the probes whose needs cannot be met there, before anything is run.

    What was seen of them before stays. A cell in which that is so of all of them, and of which
    nothing else is known, is filed as not installable.
    """
    store = project.store(say)
    for cell in cells:
        older, lacking = store.load(cell.id), equipment.lacking(cell.id)
        if older is not None and older.status is CellStatus.RAN:
            asked = [probe.id for probe in probes]
            rest = {p: why for p, why in older.not_installable.items() if p not in asked} | lacking
            if rest != older.not_installable:
                store.save(msgspec.structs.replace(older, not_installable=rest))
        elif len(lacking) == len(probes):
            why = next(iter(lacking.values()))
            new = CellRecord(
                cell.id, "", cell.release, CellStatus.NOT_INSTALLABLE, project.platform,
                reason=why, not_installable=lacking,
            )  # fmt: skip
            store.save(new.merged(older, [probe.id for probe in project.probes]))
        # What can be run of another cell will be, and file this with it.
