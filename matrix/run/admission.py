"""Whether a file from another machine is an observation to believe. It is read, never obeyed.

In: a file, what the matrix knows. Out: the `CellRecord` it holds; or `Refused`, saying why not.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..model.cell import CellStatus
from ..model.files import unusable
from ..model.record import CellRecord, Phase, ProbeRecord, UpstreamResult
from ..model.text import brief, first_path

# A hundred probes whose every stream is as long as the in-cell runner allows stay well below.
SIZE_LIMIT = 16 * 2**20
STATUSES = ("answered", "raised", "crashed", "timed_out")
# The others are worked out from what is known here; no cell ever files them.
FILED = (CellStatus.RAN, CellStatus.NOT_INSTALLABLE, CellStatus.BROKEN)
PACKAGE = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,20}")
DIGEST = re.compile(r"([0-9a-f]{16})?")
VERSION = re.compile(r"[\w.+-]{0,40}")
# As the in-cell runner names them, on whatever system it ran.
SIGNAL = re.compile(r"SIG[A-Z0-9]{1,12}|signal \d{1,3}")
EXCEPTION = re.compile(r"(?=.{1,200}\Z)[^\W\d]\w*(\.[^\W\d]\w*)*")
# Characters. The runner keeps 2,000 of a message and 4,000 of a stream, in which hiding a path may
# have put something longer.
MESSAGE, STREAM, NAME = 8_000, 16_000, 200
MOST = 2**53  # of anything: a number that every reader of JSON can hold


class Refused(BadInput):
    """A file that is not believed."""


class Known(msgspec.Struct, frozen=True):
    """What an observation may speak of: the cells of each platform, the carrier of each probe.

    `current` returns a record with what is in it of the probes, locks and runner that are here.
    """

    cells: Mapping[str, frozenset[str]]
    probes: Mapping[str, str]
    current: Callable[[CellRecord], CellRecord]


def admit(path: Path, known: Known) -> CellRecord:
    """Return the observations in a file; raises Refused, with the reason alone."""
    record = _decode(_read(path))
    _check_cell(path.name, record, known)
    hidden = first_path(msgspec.to_builtins(record))
    if hidden is not None:
        raise Refused(f"it carries a path of the machine it was made on, {hidden}")
    seen = [(probe.id, probe.isolation) for probe in record.probes]
    if len(set(seen)) < len(seen):
        raise Refused("it holds the same probe twice")
    for probe in record.probes:
        _check_probe(probe, known)
    outdated = len(record.probes) - len(known.current(record).probes)
    if outdated:
        raise Refused(f"{outdated} of its probes ran with another source, lock or runner than here")
    return record


def _read(path: Path) -> bytes:
    """Return a file's content, without following a link or waiting for a pipe."""
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            raise Refused("it is no ordinary file")
        if before.st_size > SIZE_LIMIT:
            raise Refused(f"it has {before.st_size} bytes; the limit is {SIZE_LIMIT}")
        # The link could have been put there since it was looked at. Windows has neither flag.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise Refused(f"it grows beyond the limit of {SIZE_LIMIT} bytes")
    return content


def _decode(content: bytes) -> CellRecord:
    try:
        record = msgspec.json.decode(content, type=CellRecord)
    except msgspec.MsgspecError as error:
        raise Refused(f"it breaks the schema: {error}") from error
    except RecursionError as error:
        raise Refused("it breaks the schema: its values are nested too deeply") from error
    except UnicodeDecodeError as error:
        raise Refused("it breaks the schema: it is not UTF-8") from error
    if why := unusable(record):
        raise Refused(why)
    return record


def _check_cell(name: str, record: CellRecord, known: Known) -> None:
    """Refuse a record that is not of a cell of the matrix, or not all of a piece."""
    if record.platform not in known.cells:
        raise Refused(f"the matrix does not know the platform {record.platform!r}")
    if record.cell not in known.cells[record.platform]:
        raise Refused(f"the matrix does not know the cell {record.cell!r} on {record.platform}")
    if name != f"{record.cell}.json":
        raise Refused(f"it holds the cell {record.cell}, so it should be {record.cell}.json")
    release, _, tag = record.cell.rpartition("-cp")
    if record.numba != release:
        raise Refused(f"it says Numba {record.numba!r} in the cell {record.cell}")
    if record.status is CellStatus.RAN and not record.python.startswith(f"{tag[0]}.{tag[1:]}."):
        raise Refused(f"it says Python {record.python!r} in the cell {record.cell}")
    if record.status not in FILED:
        raise Refused(f"no cell files the status {record.status}")
    _check_details(record, known.probes)


def _check_details(record: CellRecord, known: Collection[str]) -> None:
    for version in record.versions.values():
        if not VERSION.fullmatch(version):
            raise Refused(f"{version!r} is no version")
    if not _is_time(record.install_s):
        raise Refused(f"installing took {record.install_s} seconds")
    for probe in record.not_installable:
        if probe not in known:
            raise Refused(f"there is no probe {probe!r}")
    for text in (record.reason, *record.notes, *record.not_installable.values()):
        if len(text) > MESSAGE:
            raise Refused(f"a reason or a note has {len(text)} characters; the limit is {MESSAGE}")
    for result in record.upstream:
        _check_upstream(result)


def _check_upstream(result: UpstreamResult) -> None:
    for text in (result.suite, result.ended, *result.failures):
        if not text.isprintable() or len(text) > NAME:
            raise Refused(f"Numba's own tests: {text!r} is no name and no ending of a test")
    for number in (result.passed, result.failed, result.skipped):
        if not 0 <= number <= MOST:
            raise Refused(f"{result.suite}: {number} is no number of tests")
    if not _is_time(result.wall_s):
        raise Refused(f"{result.suite} took {result.wall_s} seconds")


def _check_probe(probe: ProbeRecord, known: Known) -> None:
    """Refuse a probe that is not one of the suite's, or that no run of it can have left behind."""
    if probe.id not in known.probes:
        raise Refused(f"there is no probe {probe.id!r}")
    if probe.carrier != known.probes[probe.id]:
        raise Refused(f"{probe.id}: its carrier is {known.probes[probe.id]}, not {probe.carrier!r}")
    for phase in probe.phases:
        _check_phase(probe.id, phase)
    for package in probe.packages:
        known_as = PACKAGE.fullmatch(package.name) and VERSION.fullmatch(package.version)
        if not (known_as and DIGEST.fullmatch(package.sha256)):
            raise Refused(
                f"{probe.id}: {brief(package.name)} {brief(package.version)} is no package"
            )


def _check_phase(probe: str, phase: Phase) -> None:
    if phase.status not in STATUSES:
        raise Refused(f"{probe}: no phase ends {phase.status!r}")
    for what, word, known in (
        ("signal", phase.signal, SIGNAL),
        ("exception", phase.exception, EXCEPTION),
    ):
        if word is not None and not known.fullmatch(word):
            raise Refused(f"{probe}: there is no {what} {word!r}")
    for text, limit in ((phase.message, MESSAGE), (phase.stdout, STREAM), (phase.stderr, STREAM)):
        if len(text or "") > limit:
            raise Refused(f"{probe}: {len(text or '')} characters of output; the limit is {limit}")
    for file in (*phase.files_before, *phase.files_after):
        if Path(file.name).name != file.name or "\\" in file.name:
            raise Refused(f"{probe}: {file.name!r} is no file's name")
    for seconds in (phase.wall_s, phase.cpu_s or 0.0, phase.run_s or 0.0):
        if not _is_time(seconds):
            raise Refused(f"{probe}: {phase.name} took {seconds} seconds")
    _check_counts(probe, phase)


def _check_counts(probe: str, phase: Phase) -> None:
    counted = ("hits", "misses", "loads", "saves", "compiled", "strays")
    files = (*phase.files_before, *phase.files_after)
    numbers = [(name, getattr(phase, name)) for name in counted]
    for name, number in (*numbers, *((file.name, file.bytes) for file in files)):
        if not 0 <= number <= MOST:
            raise Refused(f"{probe}: {number} is no count of {name}")
    if abs(phase.exit or 0) > MOST:
        raise Refused(f"{probe}: no process ends with {phase.exit}")


def _is_time(seconds: float) -> bool:
    return math.isfinite(seconds) and seconds >= 0
