"""The commands that deal a selection out to several machines, and join what they observed."""

from __future__ import annotations

from collections.abc import Iterable

from ... import options as asked
from ...errors import BadInput, NothingToRun, Status
from ...experiments.probe import matching
from ...model.files import append
from ...model.record import CellRecord
from ...plan import shards
from ...project import Project, read_project
from ...report.terminal import say
from ...run import join
from ...run.admission import Known
from ...run.environment import only_run
from ...select.machine import machine_here
from ...select.releases import Platform
from ...select.selection import select_everywhere


def plan(o: asked.Plan) -> int:
    """Write which cells each of several machines is to run.

    Raises:
        BadInput: which CPythons machines of another platform have is not said.
        NothingToRun: no selected cell can run on any of the platforms.
    """
    project = read_project(o.state, o.probes)
    elsewhere = [platform for platform in o.platform if platform != project.platform]
    if elsewhere and not o.pythons:
        raise BadInput(
            f"--platform {elsewhere[0]}: which CPythons its machines have cannot be seen from here;"
            " say --pythons 3.8,3.9,..."
        )
    pythons = frozenset(o.pythons) or machine_here(o.state).pythons
    probes = matching(project.probes, o.probe)
    places = project.on(*o.platform)
    catalogues = [there.catalogue(pythons) for there in places]
    found: list[shards.Shard] = []
    for there, selection in zip(
        places, select_everywhere(o.selectors, catalogues, pre=o.pre), strict=True
    ):
        store = there.store(say)
        costs = {cell: shards.cost(probes, store.load(cell.id)) for cell in selection.runnable}
        found += shards.shards(there.platform, costs, o.shards)
    if not found:
        raise NothingToRun("no selected cell can run on these platforms with these CPythons")
    text = shards.as_github(found) if o.format == "github" else shards.as_json(found)
    if o.output is None:
        print(text)  # noqa: T201 (for a program to read: no console that folds or colours)
    else:
        append(o.output, text)
        say(f"{sum(len(s.cells) for s in found)} cells in {len(found)} shards: {o.output}")
    return Status.HOLDS


def merge(o: asked.Merge) -> int:
    """Join the observations of other machines into the store; what is refused makes it 2."""
    project = read_project(o.state, o.probes)
    places = {there.platform: there for there in project.on(*Platform)}

    def stored(record: CellRecord) -> CellRecord | None:
        there = places[record.platform]
        return None if o.fresh else there.record(record.cell, project.probes, say)

    with only_run(project.state, say):
        merged = join.join(o.folders, known(places.values()), stored)
        for record in merged.records:
            places[record.platform].store(say).save(record)
    for refusal in merged.refusals:
        say(f"REFUSED {refusal}")
    refused = f", {len(merged.refusals)} refused" if merged.refusals else ""
    say(f"{len(merged.records)} cells joined from {merged.files} files{refused}")
    return Status.REFUSED if merged.refusals else Status.HOLDS


def known(places: Iterable[Project]) -> Known:
    """Return what observations from these platforms may speak of."""
    there = {place.platform: place for place in places}
    cells = {
        name: frozenset(cell.id for cell in place.catalogue(frozenset()).pairs())
        for name, place in there.items()
    }
    one = next(iter(there.values()))
    carriers = {probe.id: probe.carrier for probe in one.probes}
    return Known(cells, carriers, lambda record: one.current(record, one.probes))
