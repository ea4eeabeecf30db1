"""`nox -s show`: all that is stored of one square, running nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ... import options as asked
from ...errors import BadInput, NothingToRun, Status
from ...experiments.probe import SHIPPED, named
from ...judge.judge import judge, results
from ...model.cell import CELL_ID, Cell, CellStatus, parse_cell, status_for
from ...model.record import CellRecord, ProbeRecord, chosen
from ...packages.builds.build import built
from ...packages.equip import called_by
from ...packages.wheels import kept_of, parameters
from ...project import Project, read_project
from ...report.lines.causes import cause
from ...report.terminal import say, square
from ...select.machine import default_isolation
from ...select.releases import lock_path
from ...select.selection import Catalogue, select


def show(o: asked.Show) -> int:
    """Print what is stored of a probe in a cell.

    Raises:
        BadInput: there is no such cell or probe.
        NothingToRun: nothing is stored of them.
    """
    project = read_project(o.state, o.probes)
    word, probe = square_named("show", o.square)
    cell = one_cell(word, project.catalogue(project.stored_pythons))
    project = project.of(cell)
    folder = str(o.probes or "")
    record = stored(project, cell, probe, folder)
    isolation = default_isolation()
    judged = judge([record], [probe], project.claims, isolation).judgements
    kept, did = chosen(record, isolation)[probe], results(record, isolation)[probe]
    why: tuple[str, ...] = ()
    if o.probes is not None or probe not in (project.claims or {}):
        source = next((p.text for p in project.probes if p.id == probe), "")
        why = cause(kept, did, source, parameters(kept.packages, project.packages))
    build = built(lock_path(project.locks, cell.release)) if cell.is_local else ("", "")
    found = square.blocks(
        record, probe, isolation, project.claims, judged, folder,
        why=why, build=build, environment=environment_of(project, cell.id, kept),
        wheels=kept_of(kept.packages, project.packages), file=own_file(project, probe),
    )  # fmt: skip
    for line in square.lines(found, shutil.get_terminal_size().columns):
        say(line)
    return Status.HOLDS


def environment_of(project: Project, cell: str, kept: ProbeRecord) -> str:
    """Return what the environment with a probe's packages is called, "" for none or one unknown."""
    return called_by(project.packages, cell, kept.packages) if kept.packages else ""


def own_file(project: Project, probe: str) -> Path | None:
    """Return the file of a probe that is a user's own, None of another."""
    if project.folder is None:
        return None
    return next((one.path for one in project.probes if one.id == probe), None)


def asking(project: Project) -> Callable[[CellRecord, str], str]:
    """Return what gives the command that looks into a failing program of a user's, "" of another.

    It is given what is stored of the cell, and the probe.
    """

    def command(record: CellRecord, probe: str) -> str:
        file = own_file(project, probe)
        kept = chosen(record, default_isolation()).get(probe) if file else None
        if kept is None:
            return ""
        called = environment_of(project, record.cell, kept)
        return square.checking(record.cell, kept, called, file)

    return command


def square_named(command: str, words: tuple[str, ...]) -> tuple[str, str]:
    """Return the cell and the probe that two words name; raises BadInput for fewer or more."""
    if len(words) != 2:  # noqa: PLR2004 (a square has two sides)
        raise BadInput(f"nox -s {command} -- CELL PROBE: such as 0.68.1-cp313 cache/self_lazy")
    return words[0], words[1]


def one_cell(word: str, catalogue: Catalogue) -> Cell:
    """Return the cell that a selector names; raises BadInput unless it names just one.

    A build that is no release is in no catalogue: whether it is known shows where it is stored.
    """
    if CELL_ID.fullmatch(word) and parse_cell(word).is_local:
        return parse_cell(word)
    found = [selected.cell for selected in select([word], catalogue, pre=True).cells]
    if len(found) != 1:
        some = ", ".join(cell.id for cell in found[:3])
        raise BadInput(f"{word} names {len(found)} cells ({some}, ...); name one")
    return found[0]


def stored(project: Project, cell: Cell, probe: str, folder: str) -> CellRecord:
    """Return what is stored of a cell in which the probe ran.

    Raises BadInput when there is no such probe, NothingToRun when nothing is stored of it.
    """
    there = project.store(say).load(cell.id)
    if there is not None and probe in chosen(there, "exec") and "@" in probe:
        # Under a patch that only the run which was given it knows: shown as it was seen.
        known = {one.id for one in project.probes}
        if probe not in known:
            patch = probe.partition("@")[2]
            whose = f"the {patch}" if patch in SHIPPED else "a patch of somebody's own"
            say(f"under {whose}, as it was when {probe} ran")
            return there
    named(project.probes, probe)
    record = project.record(cell.id, project.probes, say)
    if record is None or record.status is not CellStatus.RAN or probe not in chosen(record, "exec"):
        run = square.commands(cell.id, probe, project.claims, folder=folder)["run it"]
        told = f"nothing is stored of {probe} in {cell.id}; run it: {run}"
        raise NothingToRun(": ".join(filter(None, (_why_not(record, probe), told))))
    if why := _why_not(record, probe):
        say(f"as it was seen before; since then {why}")
    return record


def _why_not(record: CellRecord | None, probe: str) -> str:
    """Return what kept a probe from running the last time, or ""."""
    if record is None:
        return ""
    if record.reason:
        return f"{record.status}, {record.reason}"
    lacking = record.not_installable.get(probe, "")
    return f"{status_for(lacking)}, {lacking}" if lacking else ""
