"""The commands behind the nox sessions: each puts the steps in order and returns an exit status.

In: `Options`. Out: what the steps write, what is printed, and a status. Errors are raised, not
printed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from matrix import claims as claims_module
from matrix import lock as lock_module
from matrix import releases, report, verdict
from matrix.cell_session import CellTask, ProbeTask, Run
from matrix.cells import CellStatus
from matrix.claims import Claim
from matrix.command_line import DATA, PROBES, Options
from matrix.errors import BadInput, NothingToRun
from matrix.interpreters import Interpreter, find
from matrix.judge import judge
from matrix.machine import cpu_name
from matrix.observations import CellRecord, Store
from matrix.plan import Conditions, Task, conditions, lock_path, plan
from matrix.probes import Probe, discover, matching, runner_digest
from matrix.releases import Release
from matrix.run import only_run, run_cells
from matrix.select import Catalogue, Selected, Selection, select

HOLDS, BROKEN, COULD_NOT_RUN = 0, 1, 3

console = Console(highlight=False, soft_wrap=True)


class Suite(msgspec.Struct, frozen=True):
    """Everything the files say, checked: releases, probes, and claims (None: other probes)."""

    platform: str
    releases: tuple[Release, ...]
    probes: tuple[Probe, ...]
    claims: dict[str, Claim] | None
    state: Path

    @property
    def store(self) -> Store:
        """Where the observations of these probes are kept."""
        return Store(self.state / "observations", lambda text: console.print(text, markup=False))


def read_suite(options: Options) -> Suite:
    """Read and check every file the suite is told by; raises BadInput."""
    known = releases.load(DATA / "releases.toml")
    platform = releases.platform_here()
    if options.probes is not None:
        name = hashlib.sha256(str(options.probes).encode()).hexdigest()[:8]
        state = options.state / "probes" / f"{options.probes.name}-{name}"
        return Suite(platform, known, discover(options.probes), None, state)
    probes = discover(PROBES)
    # Claims speak of every platform's cells: which of them are at hand does not matter here.
    pairs = {cell for p in releases.Platform for cell in Catalogue(known, p, frozenset()).pairs()}
    ids = [probe.id for probe in probes]
    claims = claims_module.load(DATA / "claims.toml", ids, pairs)
    return Suite(platform, known, probes, claims, options.state)


def run(options: Options) -> int:
    """Select, plan, run, judge and report."""
    suite = read_suite(options)
    interpreters = find(options.state / "interpreters.json")
    pythons = frozenset(interpreters)
    if options.download_python != "never":
        pythons |= {python for release in suite.releases for python in release.all_pythons}
    catalogue = Catalogue(suite.releases, suite.platform, pythons)
    selection = select(options.selectors, catalogue, pre=options.pre)
    probes = matching(suite.probes, options.probe)
    _say_selection(selection)
    if not selection.runnable:
        raise NothingToRun("no selected cell can run here: each lacks a wheel or an interpreter")
    with only_run(suite.state, console.print):
        _run_due(options, suite, selection, interpreters, probes)
    return _judge_and_report(options, suite, selection, probes)


def _run_due(
    options: Options,
    suite: Suite,
    selection: Selection,
    interpreters: Mapping[str, Interpreter],
    probes: tuple[Probe, ...],
) -> None:
    """Run what is not stored yet, and see that every selected cell has a record."""
    shared = {
        "locks": DATA / "locks",
        "runner": runner_digest(PROBES),
        "cpu": cpu_name(),
        "platform": suite.platform,
        "isolation": options.isolation,
    }
    under: dict[str, Conditions] = {}
    for cell in selection.runnable:
        here = interpreters.get(cell.python)
        under[cell.id] = conditions(cell, here.build if here else "downloaded", **shared)
    cells = [(cell, under[cell.id]) for cell in selection.runnable]
    tasks = plan(cells, probes, suite.store, fresh=options.fresh)
    _say_plan(tasks, len(cells), len(probes))
    if not tasks:
        return
    this_run = Run(
        id=uuid.uuid4().hex,
        state=str(suite.state),
        platform=suite.platform,
        cpu=shared["cpu"],
        isolation=options.isolation,
        timeout_s=options.timeout,
        prune=options.prune,
        known=tuple(probe.id for probe in suite.probes),
        cells={t.cell.id: _cell_task(t, under[t.cell.id], interpreters) for t in tasks},
    )
    order = [task.cell.id for task in tasks]
    run_cells(this_run, order, jobs=options.jobs, download_python=options.download_python)


def _cell_task(
    task: Task, under: Conditions, interpreters: Mapping[str, Interpreter]
) -> CellTask:
    here = interpreters.get(task.cell.python)
    return CellTask(
        numba=task.cell.release,
        python=here.path if here else task.cell.python,
        lock=str(lock_path(DATA / "locks", task.cell.release)),
        probes=tuple(
            ProbeTask(probe.id, probe.carrier, str(probe.path), under.key(probe))
            for probe in task.probes
        ),
    )


def _say_selection(selection: Selection) -> None:
    console.print(f"{len(selection.cells)} cells selected, {len(selection.runnable)} can run here")
    for selected in selection.cells:
        if selected.status is not None:
            console.print(f"  {selected.cell.id}: {selected.status}, {selected.reason}")
    if selection.beyond:
        pythons = sorted({s.cell.python for s in selection.beyond})
        console.print(
            f"  {len(selection.beyond)} more cells need CPython {', '.join(pythons)}, which is"
            " not on this machine (no_interpreter)"
        )


def _say_plan(tasks: Sequence[Task], cells: int, probes: int) -> None:
    due = sum(len(task.probes) for task in tasks)
    kept = cells * probes - due
    console.print(f"{due} probe runs in {len(tasks)} cells to do, {kept} unchanged since last time")


def report_stored(options: Options) -> int:
    """Judge and report what is stored, running nothing."""
    suite = read_suite(options)
    stored = tuple(p.stem for p in sorted((suite.state / "observations").glob("*.json")))
    # What is stored may come from other machines: no interpreter of this one has a say.
    pythons = frozenset(python for r in suite.releases for python in r.all_pythons)
    catalogue = Catalogue(suite.releases, suite.platform, pythons)
    words = options.selectors or stored
    if not words:
        raise NothingToRun(f"nothing is stored in {suite.state}; run `nox -s matrix` first")
    selection = select(words, catalogue, pre=True)
    return _judge_and_report(options, suite, selection, matching(suite.probes, options.probe))


def _judge_and_report(
    options: Options, suite: Suite, selection: Selection, probes: tuple[Probe, ...]
) -> int:
    """Judge the selected cells, write the reports, print the verdict, choose the status."""
    ids = tuple(probe.id for probe in probes)
    records = [_record(suite, selected) for selected in selection.cells]
    given = judge(records, ids, suite.claims, options.isolation)
    records += [_record(suite, selected) for selected in selection.beyond]
    found = report.findings(records, ids, given, options.isolation)
    folder = suite.state / "report"
    report.write(folder, found, options.isolation)
    console.print()
    ran = sum(1 for record in records if record.status is CellStatus.RAN)
    holds = bool(ran) and verdict.give(given, ids, folder / "junit.xml")
    return _conclude(options, selection, found, folder, holds=holds)


def _record(suite: Suite, selected: Selected) -> CellRecord:
    """Return what is known of a cell: what is stored, or why there is nothing."""
    stored = suite.store.load(selected.cell.id) if selected.status is None else None
    if stored is not None:
        return stored
    return CellRecord(
        cell=selected.cell.id,
        run="",
        numba=selected.cell.release,
        status=selected.status or CellStatus.BROKEN,
        platform=suite.platform,
        reason=selected.reason or "nothing is stored of it",
    )


def _conclude(
    options: Options, selection: Selection, found: report.Findings, folder: Path, *, holds: bool
) -> int:
    asked = {selected.cell.id for selected in selection.cells}
    missing = [record for record in found.not_run if record.cell in asked]
    console.print()
    console.print(report.table(found), markup=False) if found.ran else None
    for record in missing:
        reason = record.reason.splitlines()[-1] if record.reason else ""
        console.print(f"NOT RUN {record.cell}: {record.status}, {reason}", markup=False)
    if not found.ran:
        console.print("no cell ran: nothing is known")
        return COULD_NOT_RUN
    words = "every claim holds" if holds else f"{len(found.failing)} claims do not hold"
    if found.verdict.unlike:
        words += f", {len(found.verdict.unlike)} probes are not alike in all cells"
    console.print(
        f"\n{words}: {len(found.probes)} probes in {len(found.ran)} cells"
        + (f"; {len(missing)} selected cells did not run" if missing else "")
    )
    console.print(f"report: {folder / 'report.md'}", markup=False)
    if not holds:
        return BROKEN
    return COULD_NOT_RUN if missing and options.strict else HOLDS


def check(options: Options) -> int:
    """Check every file the suite is told by; raises BadInput for the first that is wrong."""
    suite = read_suite(options)
    for release in suite.releases:
        if not lock_path(DATA / "locks", release.version).exists():
            raise BadInput(f"numba {release.version} has no lock; `nox -s lock` makes it")
    expectations = sum(len(claim.expect) for claim in (suite.claims or {}).values())
    console.print(
        f"{len(suite.releases)} releases with their locks, {len(suite.probes)} probes,"
        f" {expectations} expectations: all well-formed"
    )
    return HOLDS


def lock(options: Options) -> int:
    """Add the releases the index has and releases.toml lacks, or only say which they are."""
    if options.check:
        missing = lock_module.check(DATA, pre=options.pre)
        for version in missing:
            console.print(f"numba {version} is not in releases.toml; `nox -s lock` adds it")
        if not missing:
            console.print("releases.toml has every release")
        return BROKEN if missing else HOLDS
    added = lock_module.update(DATA, pre=options.pre, report=console.print)
    console.print(f"added: {', '.join(added)}" if added else "nothing to add")
    return HOLDS


COMMANDS: Mapping[str, Callable[[Options], int]] = {
    "run": run,
    "report": report_stored,
    "check": check,
    "lock": lock,
}
