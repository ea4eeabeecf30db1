"""`nox -s report`: judge what is stored, write the reports, say the verdict."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ... import options as asked
from ...errors import BadInput, NothingToRun, Status
from ...experiments.overhead.samples import FOLDER, measurements
from ...experiments.overhead.summary import summarise
from ...experiments.probe import Probe
from ...experiments.sharing import kept as kept_of_sharing
from ...judge.judge import judge
from ...judge.patches import Change, broken
from ...judge.reference.compare import Comparison, compared
from ...model.cell import CellStatus
from ...model.files import ROOT, SET_ASIDE, Say, append
from ...model.record import NOTHING, CellRecord, packages_of
from ...model.text import FRONT, counted
from ...packages.wheels import parameters
from ...plan import unchanged
from ...plan.bisected import bisected, without
from ...plan.bisected import told as left_out
from ...plan.plan import as_last_tried, lock_digest
from ...project import Project, read_project
from ...report import findings as reports
from ...report.evidence.alike import Alike
from ...report.terminal import say, width
from ...report.terminal.conclusion import conclusion, patch_lines
from ...select.machine import default_isolation
from ...select.selection import Selected, Selection, select_everywhere
from ..square.show import asking
from .place import BESIDE, PLACE, place

SHARED = "share.json"  # what the last `nox -s share` came to


def report(o: asked.Report) -> int:
    """Judge and report what is stored, running nothing."""
    if o.summary is not None and not o.summary.parent.is_dir():
        raise BadInput(
            f"--summary: there is no folder {o.summary.parent}; make it, or name another"
        )
    project = read_project(o.state, o.probes)
    if o.reference:
        from .drawn import report_reference  # noqa: PLC0415 (its templates take long to import)

        return report_reference(o, project)
    for there in project.on(*o.platform):
        for path in sorted((there.state / "observations").glob(f"*{SET_ASIDE}")):
            say(f"{path}: set aside, as it was not usable; nothing in it is looked at")
    narrowed = bool(o.selectors or o.probe)
    statuses = [
        judge_and_report(
            there, selection, there.asked_for(o.probe, say), Wanted(
                isolation=default_isolation(), summary=o.summary, strict=o.strict, whole=False,
                table=o.table, narrowed=narrowed,
                aside={} if narrowed else bisected(there.state),
            ),
        )
        for there, selection in reported(o, project)
    ]  # fmt: skip
    # A broken claim says more than a cell that did not run.
    return next(
        (status for status in (Status.FAILS, Status.COULD_NOT_RUN) if status in statuses),
        Status.HOLDS,
    )


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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is to tell, and what it counts for.

    Unless it is to be `whole`, a square of which nothing is stored fails nothing and is said, and
    what was seen before what it needs could not be installed is told. If it is of a patch, what
    does worse fails, `suites` of Numba's own among it. What of it would be wider only by squares
    that are put `aside` is not told of.
    """

    isolation: str
    summary: Path | None = None
    strict: bool = False
    patched: bool = False
    suites: tuple[str, ...] = ()
    whole: bool = True
    table: bool = False
    narrowed: bool = False
    aside: Mapping[str, frozenset[str]] = {}


def judge_and_report(
    project: Project, selection: Selection, probes: tuple[Probe, ...], wanted: Wanted
) -> int:
    """Judge the selected cells, write the reports, print the verdict, choose the status.

    Where all of that would be as it was, it is only told again.
    """
    folders = (project.state / PLACE, project.state / BESIDE)
    key = _made_of(project, selection, probes, wanted)
    told = unchanged.recall(project.state, key, folders) if key else None
    if told is not None:
        for line in told.lines:
            say(line)
        return told.status
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        say(line)

    status = _judge_and_report(project, selection, probes, wanted, tell)
    if key and key == _made_of(project, selection, probes, wanted):
        unchanged.remember(project.state, key, folders, lines, status)
    return status


def _made_of(
    project: Project, selection: Selection, probes: Sequence[Probe], wanted: Wanted
) -> str:
    """Return what names all that this report is made of, or "" where that is more than this knows.

    Which modules of a user's a probe imported, and which packages it had, is looked up elsewhere.
    """
    state, ours = project.state, (ROOT / "matrix", ROOT / "tests" / "claims")
    if (
        project.folder
        or wanted.summary
        or any(map(Path.exists, (state / "outside", project.packages)))
    ):
        return ""
    cells = [selected.cell.id for selected in (*selection.cells, *selection.beyond)]
    files = [project.store(say).path(cell) for cell in cells]
    files += [state / SHARED, *sorted((state / FOLDER).rglob("*"))]
    files += sorted(path for folder in ours for path in folder.rglob("*") if path.suffix != ".pyc")
    installed = Path(msgspec.__file__).parents[1].stat().st_mtime_ns
    around = (sys.version, installed, Path.cwd(), width(), os.environ.get(FRONT), project.runner)
    wishes = [(probe.id, probe.sha256) for probe in (*probes, *project.probes)]
    return unchanged.made_of(
        files, map(repr, (*around, project.platform, selection, wishes, wanted))
    )


def _judge_and_report(
    project: Project, selection: Selection, probes: tuple[Probe, ...], wanted: Wanted, tell: Say
) -> int:
    from ...report import verdict  # noqa: PLC0415 (pytest takes long to import)

    records, beyond = _records(project, selection, probes, tell)
    records, aside = without(wanted.aside, records)
    if wanted.whole:
        records = [as_last_tried(record, probes) for record in records]
    found = _found(project, records, probes, wanted, beyond)
    unknown = {probe.id for probe in probes} - set(found.probes)
    if unstored := unknown.difference(*aside.values()):
        tell(f"of {counted(len(unstored), 'probe')} nothing is stored in these cells")
    comparison = _compared(project, records, probes, wanted.isolation)
    against, differing = comparison, []
    if isinstance(comparison, Comparison):
        against, differing = comparison.line(), comparison.differing(project.served)
        found = msgspec.structs.replace(found, changed=(*differing, *comparison.apart()))
    asked_for = {(record.cell, probe.id) for record in found.records for probe in probes}
    seen_of = {(cell, probe) for probe, did in found.by_probe.items() for cell in did}
    folder, beside = place(project.state, asked_for, seen_of, narrowed=wanted.narrowed)
    _write(project, found, folder, wanted, tell)
    if found.judged:
        verdict.give(found.verdict, found.probes, found.spans, folder / "junit.xml")
    *told, page = conclusion(
        found, folder, whole=wanted.table, differing=differing, asking=asking(project)
    )
    patched = patch_lines(found, wanted.isolation, wanted.suites) if wanted.patched else ()
    for line in (*told, *filter(None, (against, page, beside, left_out(aside))), *patched):
        tell(line)
    unseen = found.missing or unknown or found.unseen or found.seen_before
    return _status(found, wanted, all_seen=not unseen)


def _status(found: reports.Findings, wanted: Wanted, *, all_seen: bool) -> Status:
    if not found.judged:
        return Status.COULD_NOT_RUN
    worse = any(effect.change is Change.WORSE for effect in found.effects)
    if not found.verdict.holds or (wanted.patched and (worse or broken(found.ran, wanted.suites))):
        return Status.FAILS
    return Status.HOLDS if all_seen or not wanted.strict else Status.COULD_NOT_RUN


def _found(
    project: Project,
    records: Sequence[CellRecord],
    probes: Sequence[Probe],
    wanted: Wanted,
    beyond: Sequence[CellRecord] = (),
) -> reports.Findings:
    """Return what the records come to, with what is claimed of them."""
    seen = {probe.id for record in records for probe in record.probes}
    seen |= {probe for record in records for probe in record.not_installable}
    ids = tuple(probe.id for probe in probes if wanted.whole or probe.id in seen)
    given = judge(records, ids, project.claims, wanted.isolation, whole=wanted.whole)
    found = reports.findings([*records, *beyond], ids, given, wanted.isolation, project.served)
    own, packages = project.folder is not None, (p for r in records for p in packages_of(r))
    taken = parameters(packages, project.packages)
    cells = frozenset(record.cell for record in beyond)
    found = msgspec.structs.replace(found, beyond=cells)
    found = reports.with_claims(found, project.claims, probes, own=own, arguments=taken)
    # A workaround can be read though nobody asked for it to be run.
    sources = {probe.id: probe.text for probe in project.probes} | found.sources
    return msgspec.structs.replace(found, sources=sources)


def publish(project: Project) -> None:
    """Write the reports of all that is stored, with what was measured and shared."""
    stored = (project.record(cell, project.probes, say) for cell in project.stored_cells)
    records = [record for record in stored if record is not None]
    records, _ = without(bisected(project.state), records)
    wanted = Wanted(isolation=default_isolation(), whole=False)
    found = _found(project, records, project.probes, wanted)
    _write(project, found, project.state / PLACE, wanted, say)


def _write(
    project: Project, found: reports.Findings, folder: Path, wanted: Wanted, tell: Say
) -> None:
    """Write the reports; what was measured is part of the one for all that is stored."""
    from ...report import pages  # noqa: PLC0415 (its templates take long to import)

    if folder.name == PLACE:
        measured = summarise(measurements(project.state / FOLDER, tell).load_all())
        found = reports.with_overhead(found, measured, folder)
        shared = kept_of_sharing(project.state / SHARED, project.probes, project.runner, tell)
        found = msgspec.structs.replace(found, shared=shared)
    pages.write(folder, found, wanted.isolation)
    if wanted.summary is not None:
        append(wanted.summary, (folder / "report.md").read_text(encoding="utf-8"))


def _compared(
    project: Project, records: Sequence[CellRecord], probes: Sequence[Probe], isolation: str
) -> Comparison | str:
    """Return what differs from the reference, or why nothing is compared; "" needs no reason."""
    if project.reference is None:
        return ""
    if project.platform != project.reference.platform:
        return f"not compared with the reference, which is of {project.reference.platform}"
    ran = dict.fromkeys(record.numba for record in records if record.status is CellStatus.RAN)
    locks = {release: lock_digest(project.locks, release) for release in ran}
    sha256 = {probe.id: probe.sha256 for probe in probes}
    return compared(project.reference, records, sha256, isolation, project.runner, locks)


def _records(
    project: Project, selection: Selection, probes: Sequence[Probe], tell: Say
) -> tuple[list[CellRecord], list[CellRecord]]:
    """Return what is known of the cells, and of those beyond."""
    alike = Alike()
    records = [_record(project, selected, probes, alike, tell) for selected in selection.cells]
    return records, [_record(project, one, probes, alike, tell) for one in selection.beyond]


def _record(
    project: Project, selected: Selected, probes: Sequence[Probe], alike: Alike, tell: Say
) -> CellRecord:
    """Return what is known of a cell: what is stored, or why there is nothing."""
    stored = project.record(selected.cell.id, probes, tell) if selected.status is None else None
    return (
        alike.of(stored)
        if stored
        else CellRecord(
            cell=selected.cell.id,
            run="",
            numba=selected.cell.release,
            status=selected.status or CellStatus.BROKEN,
            platform=project.platform,
            reason=selected.reason or NOTHING,
        )
    )
