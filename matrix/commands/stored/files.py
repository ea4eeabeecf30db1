"""The commands that look at files: two reports, all that the suite is told, the releases."""

from __future__ import annotations

from ... import options as asked
from ...errors import BadInput, Status
from ...model.files import append
from ...model.text import cut
from ...plan import plan as planning
from ...project import DATA, read_project
from ...report import diff as differ
from ...report.terminal import say


def diff(o: asked.Diff) -> int:
    """Say what changed from one matrix.json to another, or to the one of the last report."""
    if len(o.reports) > 2:  # noqa: PLR2004 (an old one and a new one)
        raise BadInput("nox -s diff -- OLD [NEW]: name one or two matrix.json")
    old, new = (*o.reports, o.state / "report" / "matrix.json")[:2]
    lines = list(differ.differences(differ.load(old), differ.load(new)))
    for line in lines:
        say(cut(line, 1000))
    say(f"{len(lines)} differences" if lines else "no difference")
    return Status.FAILS if lines else Status.HOLDS


def audit(o: asked.Audit) -> int:
    """Check every file the suite is told by; raises BadInput for the first that is wrong."""
    project = read_project(o.state)
    for release in project.releases:
        if not planning.lock_path(DATA / "locks", release.version).exists():
            raise BadInput(f"numba {release.version} has no lock; `nox -s lock` makes it")
    expectations = sum(len(claim.expect) for claim in (project.claims or {}).values())
    say(
        f"{len(project.releases)} releases with their locks, {len(project.probes)} probes,"
        f" {expectations} expectations: all well-formed"
    )
    return Status.HOLDS


def lock(o: asked.Lock) -> int:
    """Add the releases the index has and releases.toml lacks, or only say which they are."""
    # What reads the index takes as long to import as all else together.
    from ...select import lock as locks  # noqa: PLC0415

    if not o.check:
        added = locks.update(DATA, pre=o.pre, report=say)
        say(f"added: {', '.join(added)}" if added else "nothing to add")
        return Status.HOLDS
    missing = locks.check(DATA, pre=o.pre)
    if o.output is not None:
        append(o.output, f"missing={' '.join(missing)}")
    for version in missing:
        say(f"numba {version} is not in releases.toml; `nox -s lock` adds it")
    if not missing:
        say("releases.toml has every release")
    return Status.FAILS if missing else Status.HOLDS
