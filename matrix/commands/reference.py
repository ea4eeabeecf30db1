"""`nox -s reference`: renew what is committed of all cells, and what is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .. import options as asked
from ..errors import BadInput, MatrixError, NothingToRun, Status
from ..experiments.probe import Probe
from ..judge.judge import judge
from ..judge.reference.compare import judged, lacking, standing
from ..judge.reference.file import Reference, made, written
from ..judge.reference.squares import Squares, seen_in
from ..model.cell import Cell, CellStatus, parse_cell
from ..model.files import write_atomically
from ..model.record import CellRecord
from ..model.text import counted, listed
from ..plan.plan import as_last_tried, lock_digest
from ..project import DATA, REFERENCE, Project, read_project
from ..report.terminal import say
from ..select.machine import machine_here
from ..select.releases import Platform
from ..select.selection import Selection, select
from .run import run_due
from .stored.drawn import drawn, outdated, redrawn

PLATFORM = Platform.LINUX_X86_64
# What both isolations saw must be the same; where only one was run, that one counts.
ISOLATION = "fork"
NAMED = 8


def reference(o: asked.Reference) -> int:
    """Run what is due in all cells, and write what was observed if every claim holds.

    Raises:
        BadInput: this machine is not of the reference's platform, or there is no reference.
        NothingToRun: a cell of it was not observed as everything is now.
        MatrixError: a claim does not hold.
    """
    project = read_project(o.state)
    if o.check:
        return check(project)
    if o.redraw:
        files = redrawn(project)
    else:
        made_now = renewed(o, project)
        # All is worked out before anything is written.
        files = {REFERENCE: written(made_now), **drawn(project, made_now)}
    for path, text in files.items():
        write_atomically(path, text)
        say(f"written: {path}")
    return Status.HOLDS


def check(project: Project) -> int:
    """Say what the reference lacks, and what is not drawn from it as it is."""
    everywhere = project.catalogue(project.all_pythons)
    cells = select(["all"], everywhere).runnable
    lines = ["there is no reference"] if project.reference is None else []
    if project.reference:
        lines += lacking(
            project.reference, [cell.id for cell in cells], _digests(project.probes),
            project.runner,
            _locks(cells),
        )  # fmt: skip
        lines += [f"{path.name} is not drawn from it as it is" for path in outdated(project)]
    for line in lines:
        say(line)
    say("`nox -s reference` renews it" if lines else "the reference lacks nothing")
    return Status.FAILS if lines else Status.HOLDS


def renewed(o: asked.Reference, project: Project) -> Reference:
    """Return the reference as all cells have it now.

    With --lacking a square that it has of what is here now is taken from it, and not seen again.
    """
    if project.platform != PLATFORM:
        raise BadInput(f"the reference is of {PLATFORM}, and this machine is {project.platform}")
    machine = machine_here(o.state, project.offered(o.download_python))
    seen = {parse_cell(cell).python for cell in project.stored_cells} if o.stored else set()
    selection = select(["all"], project.catalogue(machine.pythons | seen))
    if not selection.runnable:
        raise NothingToRun("no cell can run here: each lacks a wheel or an interpreter")
    _refuse_loss(project, selection)
    digests, locks = _digests(project.probes), _locks(selection.runnable)
    kept = Squares()
    if o.lacking and project.reference:
        kept = standing(project.reference, digests, project.runner, locks)
        say(f"{counted(len(kept), 'square')} of it are of what is here now")
    due = {
        cell: tuple(p for p in project.probes if p.id not in kept.did.get(cell.id, ()))
        for cell in selection.runnable
    }
    if not o.stored:
        for cells, probes in _alike(due):
            run_due(o, project, machine, cells, probes)
    stored = {c.id: _record(project, c, probes) for c, probes in due.items() if probes}
    known = _known(project, stored.values()) if o.stored else frozenset(digests)
    wanted = {cell.id: [p.id for p in probes if p.id in known] for cell, probes in due.items()}
    wanted = {c: probes for c, probes in wanted.items() if probes or c not in kept.did}
    records = _all_seen(stored, wanted)
    found = made(
        kept.joined(seen_in(records, ISOLATION)), [s.cell.id for s in selection.beyond],
        probes={probe: sha256 for probe, sha256 in digests.items() if probe in known},
        runner=project.runner, locks=locks, platform=PLATFORM,
    )  # fmt: skip
    _refuse_failing(project, records, wanted, found)
    return found


def _record(project: Project, cell: Cell, probes: Sequence[Probe]) -> CellRecord | None:
    stored = project.record(cell.id, probes, say)
    return stored and as_last_tried(stored, probes)


def _alike(
    due: Mapping[Cell, tuple[Probe, ...]],
) -> Iterator[tuple[list[Cell], tuple[Probe, ...]]]:
    """Yield the cells in which the same probes are due, with those."""
    alike: dict[frozenset[str], list[Cell]] = {}
    for cell, probes in due.items():
        alike.setdefault(frozenset(probe.id for probe in probes), []).append(cell)
    for cells in alike.values():
        if due[cells[0]]:
            yield cells, due[cells[0]]


def _refuse_loss(project: Project, selection: Selection) -> None:
    known = project.reference.cells if project.reference else {}
    lost = [selected.cell.id for selected in selection.beyond if selected.cell.id in known]
    if lost:
        raise NothingToRun(
            f"{len(lost)} cells of the reference would be lost: {listed(lost, NAMED)}. No CPython"
            " of theirs is here, or nothing is stored of them; nothing is written"
        )


def _known(project: Project, stored: Iterable[CellRecord | None]) -> frozenset[str]:
    """Return the probes that any cell has or the reference, and say which none has."""
    seen = {probe.id for record in stored if record for probe in record.probes}
    seen |= set(project.reference.probes if project.reference else ())
    unseen = [probe.id for probe in project.probes if probe.id not in seen]
    if unseen:
        say(f"not in the reference, as no cell has them: {listed(unseen, NAMED)}")
    return frozenset(seen - set(unseen))


def _all_seen(
    stored: Mapping[str, CellRecord | None], wanted: Mapping[str, Sequence[str]]
) -> list[CellRecord]:
    """Return the records of the cells; raises NothingToRun unless each has what is wanted of it."""
    records, unseen = [], []
    for cell, probes in wanted.items():
        record = stored.get(cell)
        seen = {probe.id for probe in record.probes} if record else set()
        missing = [probe for probe in probes if probe not in seen]
        if record is None or record.status is not CellStatus.RAN:
            unseen.append(cell)
        elif missing:
            unseen.append(f"{cell} ({listed(missing, 1)})")
        else:
            records.append(record)
    if unseen:
        raise NothingToRun(
            f"{len(unseen)} of {len(wanted)} cells were not observed with the probes, runner and"
            f" locks of today: {listed(unseen, NAMED)}. Nothing is written; without --stored,"
            " `nox -s reference` runs them"
        )
    return records


def _refuse_failing(
    project: Project,
    records: Sequence[CellRecord],
    wanted: Mapping[str, Sequence[str]],
    found: Reference,
) -> None:
    """Raise MatrixError where a claim fails: of what a record says in full, or of any result."""
    claims = project.claims or {}
    verdict = judged(found, claims)
    full = [judge([record], wanted[record.cell], claims, ISOLATION) for record in records]
    judgements = {(j.id, j.cell): j for v in (verdict, *full) for j in v.judgements}
    broken = [f"{j.id} in {j.cell}: {j.says}" for j in judgements.values() if j.breaks]
    broken += [f"{unlike.probe} is not alike in all cells" for unlike in verdict.unlike]
    if not broken:
        return
    for line in broken[:NAMED]:
        say(line)
    raise MatrixError(
        f"{len(broken)} times a claim does not hold, so the reference stays as it is: what is"
        " claimed and what is committed must not say different things. `nox -s matrix -- all` tells"
    )


def _digests(probes: Sequence[Probe]) -> dict[str, str]:
    return {probe.id: probe.sha256 for probe in probes}


def _locks(cells: Sequence[Cell]) -> dict[str, str]:
    releases = dict.fromkeys(cell.release for cell in cells)
    return {release: lock_digest(DATA / "locks", release) for release in releases}
