"""`nox -s matrix -- --numba WHEEL`: somebody's own Numba, square by square against a release.

Exit status: 0 nothing is worse, 1 something is, 2 a word or a file is wrong, 3 one of the two cells
did not run, or, with --strict, not every square of both was seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ... import options as asked
from ...errors import BadInput, Status
from ...experiments.probe import Probe
from ...judge.judge import Verdict, results
from ...judge.patches import Change, against, tally
from ...model.cell import Cell, CellStatus, tag
from ...model.record import NOTHING, CellRecord
from ...packages.builds.build import Build
from ...packages.builds.inplace import interpreter_named
from ...packages.builds.inplace import write_lock as lock_in_place
from ...packages.builds.wheel import wheel_named
from ...packages.builds.wheel import write_lock as lock_wheel
from ...plan.plan import as_last_tried
from ...project import Project, read_project
from ...report import findings as reports
from ...report import pages
from ...report.terminal import say
from ...select.machine import Machine, machine_here
from ...select.selection import select
from ..run import run_due


def run(o: asked.Run) -> int:
    """Run each build and its base, and say what is better, worse or other."""
    wheels = _refuse_other_words(o)
    project = read_project(o.state, o.probes)
    # The remedy knows the releases that there are, and of no other: asked for by name only.
    probes = tuple(p for p in project.asked_for(o.probe, say) if p.patch is None or o.probe)
    machine = machine_here(o.state, project.offered(o.download_python), o.pythons)
    builds = [wheel_named(wheel) for wheel in wheels]
    builds += [interpreter_named(o.numba_python)] if o.numba_python else []
    twice = {build.cell.id for build in builds if [b.cell for b in builds].count(build.cell) > 1}
    if twice:
        raise BadInput(f"--numba: two builds are {min(twice)}; run one after the other")
    bases = [_base(o, project, machine, build) for build in builds]
    statuses = [
        _held_against(o, project, machine, build, base, probes)
        for build, base in zip(builds, bases, strict=True)
    ]
    return next(
        (status for status in (Status.FAILS, Status.COULD_NOT_RUN) if status in statuses),
        Status.HOLDS,
    )


def _refuse_other_words(o: asked.Run) -> tuple[str, ...]:
    """Return the wheels: a shell puts those that a glob names after each other.

    Raises BadInput for whatever a run of builds has no use for.
    """
    more = tuple(word for word in o.selectors if word.endswith(".whl"))
    others = [word for word in o.selectors if word not in more]
    option = "--numba" if o.numba else "--numba-python"
    if others:
        raise BadInput(f"{option}: its cell and its base run, and no other; leave {others[0]} out")
    for name, value in (("patch", o.patch), ("shard", o.shard), ("upstream", o.upstream)):
        if value:
            raise BadInput(f"{option}: --{name} is for releases; leave it out")
    return (*o.numba, *more)


def _base(o: asked.Run, project: Project, machine: Machine, build: Build) -> Cell:
    """Return the cell that a build is held against; raises BadInput when there is none here."""
    python, catalogue = tag(build.python), project.catalogue(machine.pythons)
    if build.python not in machine.pythons:
        here = ", ".join(sorted(map(tag, machine.pythons), key=lambda word: int(word[3:])))
        raise BadInput(
            f"{build.named}: it is for {python}, and no CPython {build.python} is on this machine"
            f" (here: {here}); --download-python auto fetches one"
        )
    word = f"{o.base}&{python}" if o.base else python
    try:
        found = [s.cell for s in select([word], catalogue, pre=bool(o.base)).cells]
    except BadInput as error:
        there = [cell.release for cell in catalogue.pairs() if cell.python == build.python]
        if not there:
            raise BadInput(
                f"{build.named}: it is for {python}, and no release is: there is none to hold it"
                " against"
            ) from error
        raise BadInput(
            f"--base {o.base}: it names no release for {python}, which {build.named} is for;"
            f" {python} has {there[0]} to {there[-1]}"
        ) from error
    if o.base and len({cell.release for cell in found}) > 1:
        raise BadInput(f"--base {o.base}: it names {len(found)} releases; name one")
    return found[-1]


def _held_against(
    o: asked.Run,
    project: Project,
    machine: Machine,
    build: Build,
    base: Cell,
    probes: tuple[Probe, ...],
) -> int:
    own = project.of(build.cell)
    say(f"{build.cell.id} is {build.named} ({build.digest[:16]}), held against {base.id}")
    apart_machine = machine
    if build.interpreter is None:
        lock_wheel(build, own.locks, fresh=o.fresh)
    else:
        lock_in_place(build, own.locks)
        apart_machine = msgspec.structs.replace(
            machine, interpreters={build.python: build.interpreter}
        )
    missed = run_due(o, project, machine, (base,), probes)
    missed |= run_due(o, own, apart_machine, (build.cell,), probes)
    records = [
        _record(project, base, probes, missed),
        _record(own, build.cell, probes, missed),
    ]
    return _report(o, own, records, probes)


def _record(
    project: Project, cell: Cell, probes: Sequence[Probe], missed: dict[str, str]
) -> CellRecord:
    stored = None if cell.id in missed else project.record(cell.id, probes, say)
    if stored:
        return as_last_tried(stored, probes)
    return CellRecord(
        cell=cell.id, run="", numba=cell.release, status=CellStatus.BROKEN,
        platform=project.platform, reason=missed.get(cell.id, NOTHING),
    )  # fmt: skip


def _report(
    o: asked.Run, own: Project, records: list[CellRecord], probes: tuple[Probe, ...]
) -> int:
    """Write the reports of a build and its base, beside what is stored of it, and say them."""
    base, build = records
    ids = tuple(probe.id for probe in probes)
    own_did = results(build, o.isolation)
    asked_for = {probe: did for probe, did in own_did.items() if probe in ids}
    effects = against(results(base, o.isolation), asked_for, build.cell)
    found = reports.findings(records, ids, Verdict((), ()), o.isolation, ())
    found = reports.with_claims(found, None, probes)
    found = msgspec.structs.replace(found, base=base.cell, against_base=effects)
    pages.write(own.state / "report", found, o.isolation)
    say("")
    for record in found.not_run:
        say(f"NOT RUN {record.cell}: {record.status}, {record.reason.splitlines()[-1]}")
    for record in found.ran:
        held = ", ".join(f"{name} {version}" for name, version in record.versions.items())
        say(f"{record.cell}: {held}")
    for effect in reversed(effects):
        if effect.change is not Change.UNCHANGED:
            say(effect.line(()))
    unseen = len(ids) - len(effects)
    say(f"{build.cell} against {base.cell}: {tally(effects)}"
        + (f"; {unseen} squares were not seen in both" if unseen else ""))  # fmt: skip
    say(f"report: {own.state / 'report' / 'report.md'}")
    if any(effect.change is Change.WORSE for effect in effects):
        return Status.FAILS
    return Status.COULD_NOT_RUN if found.not_run or (unseen and o.strict) else Status.HOLDS
