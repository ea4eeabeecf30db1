"""The commands that look at files: two reports, all that the suite is told, the releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ... import options as asked
from ...errors import BadInput, Status
from ...experiments.probe import matching_ids
from ...judge.claims import see_that_silence_has_a_way_round
from ...judge.reference.file import read
from ...model.files import append, refuse_irregular, write_atomically
from ...model.text import cut, log_line
from ...project import DATA, REFERENCE, read_project, served
from ...report import diff as differ
from ...report.pages import indented
from ...report.terminal import say
from ...report.terminal.conclusion import shortest
from ...select.releases import Release, load, lock_path
from ...select.selectors.within import within
from .place import BESIDE, PLACE, written


def diff(o: asked.Diff) -> int:
    """Say what is different from one result to another, or to the one of the last report.

    Raises BadInput when one of them is no result.
    """
    if len(o.reports) > 2:  # noqa: PLR2004 (an old one and a new one)
        raise BadInput("nox -s diff -- A [B]: name one or two matrix.json, folders, or reference")
    if o.output is not None and not o.output.parent.is_dir():
        raise BadInput(f"--output: there is no folder {o.output.parent}; make it, or name another")
    if len(o.reports) == 1 and o.format == "text":
        say(_last(o.state))
    one, other = (_side(named) for named in (*o.reports, o.state / PLACE)[:2])
    known = load(DATA / "releases.toml")
    one, other = _narrowed(o, one, other, known)
    found = differ.difference(one, other, served(one.platform, known))
    found = msgspec.structs.replace(found, only=" and ".join(_only(o)))
    written = "".join(f"{log_line(cut(line, 1000))}\n" for line in found.lines())
    if o.format == "markdown":
        written = found.markdown()
    elif o.format == "json":
        written = indented(found).decode() + "\n"
    if o.output is not None:
        refuse_irregular(o.output)
        write_atomically(o.output, written)
        say(f"{found.sum}: {o.output}")
    elif o.format == "text":
        for line in found.lines():
            say(cut(line, 1000))
    else:
        print(written, end="")  # noqa: T201 (for a program to read: nothing is folded)
    return Status.HOLDS if found.is_none else Status.FAILS


def _last(state: Path) -> str:
    """Say which report is meant where none is named."""
    place, beside = state / PLACE, state / BESIDE
    told = f"B is the last report, {shortest(place)}"
    made = [written(folder / differ.FILE) for folder in (place, beside)]
    return f"{told}; a newer one, of less, is {shortest(beside)}" if made[1] > made[0] else told


def _narrowed(
    o: asked.Diff, one: differ.Side, other: differ.Side, known: Sequence[Release]
) -> tuple[differ.Side, ...]:
    """Return what the two say of the cells and probes that are asked for; raises BadInput."""
    cells = within(o.cells, {**one.cells, **other.cells}, known, one.platform)
    probes = _probes(one, other)
    if o.probe:
        probes = matching_ids({probe: "@" in probe for probe in probes}, o.probe)
    there = tuple(side.within(cells, probes) for side in (one, other))
    if probes and not _probes(*there):
        raise BadInput(f"{' and '.join(_only(o))}: neither A nor B has seen any of it")
    return there


def _probes(*sides: differ.Side) -> set[str]:
    return {probe for side in sides for known in side.did.values() for probe in known}


def _only(o: asked.Diff) -> Iterator[str]:
    """Yield what a comparison was narrowed to, as it was asked."""
    if o.cells:
        yield f"the cells {', '.join(o.cells)}"
    if o.probe:
        yield f"the probes {', '.join(o.probe)}"


def _side(named: Path | str) -> differ.Side:
    """Return what a word names; raises BadInput."""
    if isinstance(named, Path):
        return differ.side(str(named), differ.load(named))
    reference = read(REFERENCE)
    if reference is None:
        raise BadInput(f"{named}: there is none here; `nox -s reference` makes it")
    return differ.side_of(named, reference)


def audit(o: asked.Audit) -> int:
    """Check every file the suite is told by; raises BadInput for the first that is wrong."""
    project = read_project(o.state)
    for release in project.releases:
        if not lock_path(DATA / "locks", release.version).exists():
            raise BadInput(f"numba {release.version} has no lock; `nox -s lock` makes it")
    see_that_silence_has_a_way_round(project.claims or {})
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
