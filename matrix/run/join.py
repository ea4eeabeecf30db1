"""Observations of several machines, joined. Nothing in them is trusted, followed or run.

In: folders of observations, what the matrix knows, what is stored here. Out: the records to store,
and a `Refusal` for every file that was not believed. The order of the folders makes no difference.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..judge.judge import same_result
from ..model.cell import CellStatus
from ..model.files import SET_ASIDE
from ..model.outcome import result_of
from ..model.record import CellRecord
from ..model.text import brief, cut, log_line
from .admission import Known, Refused, admit


class Refusal(msgspec.Struct, frozen=True):
    """A file that was not believed, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        """Read as one line, whatever the file is called and holds."""
        return log_line(f"{self.path}: {cut(self.reason, 1000)}")


class Merged(msgspec.Struct, frozen=True):
    """What joining came to: `files` were looked at."""

    records: tuple[CellRecord, ...]
    refusals: tuple[Refusal, ...]
    files: int


class Found(msgspec.Struct, frozen=True):
    """A believed record, and the file it is from: None for what is stored here."""

    record: CellRecord
    path: Path | None = None


# Returns what is stored here of a record's cell, or None.
Stored = Callable[[CellRecord], CellRecord | None]


def join(folders: Sequence[Path], known: Known, stored: Stored) -> Merged:
    """Read every file below the folders and join those that can be believed.

    A cell of which two files, or a file and what is stored, say different things is refused in
    each of those files: which of them is right cannot be known here.

    Raises:
        BadInput: a folder is not there, or there is nothing in any of them.
    """
    found: list[Found] = []
    refusals: list[Refusal] = []
    paths = [path for folder in folders for path in _files(folder)]
    for path in paths:
        try:
            found.append(Found(admit(path, known), path))
        except Refused as refused:
            refusals.append(Refusal(path, str(refused)))
    if not paths:
        listed = ", ".join(str(folder) for folder in folders)
        raise BadInput(f"there are no observations below {listed}")
    records: list[CellRecord] = []
    for group in _by_cell(found):
        joined, refused_here = _join_cell(group, stored(group[0].record))
        records += [joined] if joined else []
        refusals += refused_here
    refusals.sort(key=lambda refusal: str(refusal.path))
    return Merged(tuple(records), tuple(refusals), len(paths))


def _files(folder: Path) -> Iterator[Path]:
    """Give every file and every link below a folder; of a store, only below its observations."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder")
    inside = folder / "observations"
    start = inside if inside.is_dir() and not inside.is_symlink() else folder
    unreadable: list[OSError] = []
    for where, folders, names in os.walk(start, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.endswith(SET_ASIDE))
        # A link to a folder is not walked into; given here, it is refused as no ordinary file.
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in sorted([*names, *links]):
            if not name.endswith(SET_ASIDE):
                yield Path(where) / name
    yield from (Path(error.filename) for error in unreadable)


def _by_cell(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Give the records of each cell and platform, in the order of their files."""

    def key(one: Found) -> tuple[str, str, str]:
        return one.record.platform, one.record.cell, str(one.path)

    ordered = sorted(found, key=key)
    for _, group in itertools.groupby(ordered, key=lambda one: key(one)[:2]):
        yield list(group)


def _join_cell(
    group: Sequence[Found], stored: CellRecord | None
) -> tuple[CellRecord | None, list[Refusal]]:
    """Return the one record of a cell, or why each of its files is refused."""
    # Whatever a cell that did not run lacked may have been there on another machine.
    keep = stored is not None and stored.status is CellStatus.RAN
    everything = [*group, Found(stored)] if stored and keep else list(group)
    refusals: list[Refusal] = []
    for one in group:
        others = (other for other in everything if other is not one)
        said = ((other, _contradiction(one.record, other.record)) for other in others)
        other, why = next(((o, w) for o, w in said if w), (one, ""))
        if why and one.path:
            against = str(other.path) if other.path else "what is stored here"
            refusals.append(Refusal(one.path, f"it contradicts {against}: {why}"))
    if refusals:
        return None, refusals
    joined, *more = [one.record for one in everything]
    for record in more:
        joined = joined.merged(record, [probe.id for probe in record.probes])
    return joined, []


def _contradiction(one: CellRecord, other: CellRecord) -> str:
    """Return in which way two records of a cell cannot both be right, or ""."""
    if one.status is not other.status:
        return f"status {one.status} here, {other.status} there"
    for name, here in one.versions.items():
        there = other.versions[name]
        if here != there:
            return f"{name} {here} here, {there} there"
    upstream = {result.suite: str(result) for result in other.upstream}
    for result in one.upstream:
        if upstream.get(result.suite, str(result)) != str(result):
            return f"{result.suite}: {result} here, {upstream[result.suite]} there"
    return _of_what_they_need(one, other) or _of_probes(one, other)


def _of_what_they_need(one: CellRecord, other: CellRecord) -> str:
    theirs = {probe.id: probe for probe in other.probes}
    for probe in one.probes:
        if probe.id in other.not_installable and probe.id not in theirs:
            return f"{probe.id}: it ran here, and is {CellStatus.NOT_INSTALLABLE} there"
        match = theirs.get(probe.id, probe)
        if probe.packages != match.packages:
            apart = sorted({*probe.packages} ^ {*match.packages})
            return f"{probe.id}: {apart[0]} is not installed both here and there"
    return ""


def _of_probes(one: CellRecord, other: CellRecord) -> str:
    theirs = {(probe.id, probe.isolation): probe for probe in other.probes}
    for probe in one.probes:
        match = theirs.get((probe.id, probe.isolation))
        if match is None:
            continue
        here_did, there_did = result_of(probe), result_of(match)
        if str(here_did) != str(there_did):
            return f"{probe.id}: {here_did} here, {there_did} there"
        if not same_result(here_did, there_did):
            return f"{probe.id}: {brief(here_did.value)} here, {brief(there_did.value)} there"
    return ""
