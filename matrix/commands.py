"""The commands behind the nox sessions: each puts the steps in order and returns an exit status.

In: `Options`. Out: what the steps write, what is printed, and a status. Errors are raised, not
printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matrix import fan_out, inquiries, report, verdict
from matrix.cells import CellStatus
from matrix.command_line import DATA, Options
from matrix.due import run_due, workplace
from matrix.errors import BadInput, NothingToRun
from matrix.judge import judge
from matrix.observations import CellRecord
from matrix.overhead import command as overhead_module
from matrix.plan import lock_path
from matrix.probes import Probe, matching
from matrix.select import Selected, Selection, select
from matrix.shown import cut
from matrix.suite import Suite, read_suite
from matrix.terminal import say

HOLDS, BROKEN, COULD_NOT_RUN = 0, 1, 3


def run(options: Options) -> int:
    """Select, plan, run, judge and report."""
    suite = read_suite(options)
    place = workplace(options, suite)
    selection = select(options.selectors, suite.catalogue(place.pythons), pre=options.pre)
    probes = matching(suite.probes, options.probe)
    _say_selection(selection)
    if not selection.runnable:
        raise NothingToRun("no selected cell can run here: each lacks a wheel or an interpreter")
    if options.shard:
        selection = fan_out.one_part(selection, options.shard, say)
        if not selection.cells:
            return HOLDS
    run_due(options, suite, place, selection.runnable, probes, say)
    return _judge_and_report(options, suite, selection, probes)


def _say_selection(selection: Selection) -> None:
    say(f"{len(selection.cells)} cells selected, {len(selection.runnable)} can run here")
    for selected in selection.cells:
        if selected.status is not None:
            say(f"  {selected.cell.id}: {selected.status}, {selected.reason}")
    if selection.beyond:
        pythons = sorted({s.cell.python for s in selection.beyond})
        say(
            f"  {len(selection.beyond)} more cells need CPython {', '.join(pythons)}, which is"
            " not on this machine (no_interpreter)"
        )


def report_stored(options: Options) -> int:
    """Judge and report what is stored, running nothing."""
    suite = read_suite(options)
    statuses = []
    for there, selection in fan_out.reported(options, suite, say):
        probes = matching(there.probes, options.probe)
        statuses.append(_judge_and_report(options, there, selection, probes))
    # A broken claim says more than a cell that did not run.
    return next((status for status in (BROKEN, COULD_NOT_RUN) if status in statuses), HOLDS)


def plan(options: Options) -> int:
    """Write which cells each of several machines is to run."""
    pythons = () if options.pythons else workplace(options, read_suite(options)).pythons
    return fan_out.plan_shards(options, frozenset(pythons), say)


def merge(options: Options) -> int:
    """Join the observations of other machines into the store."""
    return fan_out.merge_parts(options, say)


def _judge_and_report(
    options: Options, suite: Suite, selection: Selection, probes: tuple[Probe, ...]
) -> int:
    """Judge the selected cells, write the reports, print the verdict, choose the status."""
    ids = tuple(probe.id for probe in probes)
    records = [_record(suite, selected, probes) for selected in selection.cells]
    given = judge(records, ids, suite.claims, options.isolation)
    records += [_record(suite, selected, probes) for selected in selection.beyond]
    found = report.findings(records, ids, given, options.isolation, suite.served)
    folder = suite.state / "report"
    overhead_measured = overhead_module.measured(suite, say)
    written = report.with_overhead(found, overhead_measured, folder)
    report.write(folder, written, options.isolation)
    if options.summary is not None:
        fan_out.append(options.summary, (folder / "report.md").read_text(encoding="utf-8"))
    say("")
    ran = any(record.status is CellStatus.RAN for record in records)
    holds = ran and verdict.give(given, ids, found.spans, folder / "junit.xml")
    return _conclude(options, selection, found, folder, holds=holds)


def _record(suite: Suite, selected: Selected, probes: Sequence[Probe]) -> CellRecord:
    """Return what is known of a cell: what is stored, or why there is nothing."""
    stored = suite.record(selected.cell.id, probes, say) if selected.status is None else None
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
    """Print the table and the verdict, and return the exit status."""
    asked = {selected.cell.id for selected in selection.cells}
    missing = [record for record in found.not_run if record.cell in asked]
    if found.ran:
        for line in ("", *report.table(found).split("\n")):
            say(line)
        if found.legend:
            say(found.legend)
    for record in missing:
        reason = cut(record.reason.splitlines()[-1], 1000) if record.reason else ""
        say(f"NOT RUN {record.cell}: {record.status}, {reason}")
    for warning in found.early:
        say(f"EARLY WARNING {warning.cell}: {warning.id}: {warning.says}")
    if not found.ran:
        say("no cell ran: nothing is known")
        return COULD_NOT_RUN
    words = "every claim holds" if holds else f"{len(found.failing)} claims do not hold"
    if found.verdict.unlike:
        words += f", {len(found.verdict.unlike)} probes are not alike in all cells"
    if found.early:
        words += f" on stable releases, {len(found.early)} early warnings from candidates"
    not_run = f"; {len(missing)} selected cells did not run" if missing else ""
    say("")
    say(f"{words}: {len(found.probes)} probes in {len(found.ran)} cells{not_run}")
    say(f"report: {folder / 'report.md'}")
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
    say(
        f"{len(suite.releases)} releases with their locks, {len(suite.probes)} probes,"
        f" {expectations} expectations: all well-formed"
    )
    return HOLDS


def lock(options: Options) -> int:
    """Add the releases the index has and releases.toml lacks, or only say which they are."""
    # What reads the index takes as long to import as all else together.
    from matrix import lock as lock_module  # noqa: PLC0415

    if options.check:
        missing = lock_module.check(DATA, pre=options.pre)
        if options.output is not None:
            fan_out.append(options.output, f"missing={' '.join(missing)}")
        for version in missing:
            say(f"numba {version} is not in releases.toml; `nox -s lock` adds it")
        if not missing:
            say("releases.toml has every release")
        return BROKEN if missing else HOLDS
    added = lock_module.update(DATA, pre=options.pre, report=say)
    say(f"added: {', '.join(added)}" if added else "nothing to add")
    return HOLDS


def overhead(options: Options) -> int:
    """Measure what compiling, caching and recursion cost in each selected cell."""
    return overhead_module.overhead(options, say)


COMMANDS: Mapping[str, Callable[[Options], int]] = {
    "run": run,
    "report": report_stored,
    "check": check,
    "lock": lock,
    "plan": plan,
    "merge": merge,
    "bench": inquiries.bench,
    "bisect": inquiries.bisect,
    "diff": inquiries.diff,
    "overhead": overhead,
}
