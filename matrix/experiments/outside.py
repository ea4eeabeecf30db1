"""The modules that a probe imports from outside its environment: whether they are what they were.

In: what the in-cell runner said of them. Out: a memo of this machine alone, as no observation may
hold a path, and a word on each probe that it is of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..errors import BadInput
from ..model.files import UNDECODABLE, read_regular, set_aside, write_atomically
from ..model.record import CellRecord, Module, ProbeRecord


class File(msgspec.Struct, frozen=True, order=True):
    """A module's file, and the first digits of its SHA-256 when it was imported; "" of no file."""

    path: str
    sha256: str

    @property
    def is_the_same(self) -> bool:
        """Whether it now holds what it did."""
        try:
            return hashlib.sha256(Path(self.path).read_bytes()).hexdigest()[:16] == self.sha256
        except OSError:
            return not self.sha256


# By probe and isolation.
Memo = Mapping[tuple[str, str], tuple[File, ...]]


def imported(said: Iterable[Mapping[str, str]]) -> tuple[Module, ...]:
    """Return what an observation keeps of the modules that phases told of."""
    return tuple(sorted({Module(module["module"], module["sha256"]) for module in said}))


def remember(state: Path, cell: str, isolation: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Keep where the modules lie that the runner's `lines` tell of; raises Unreachable."""
    found: dict[tuple[str, str], set[File]] = {}
    for line in lines:
        if "probe" in line:
            files = found.setdefault((line["probe"], isolation), set())
            files |= {File(module["file"], module["sha256"]) for module in line.get("outside", [])}
    memo = {
        **recall(state, cell),
        **{probe: tuple(sorted(files)) for probe, files in found.items()},
    }
    kept = [(*probe, files) for probe, files in sorted(memo.items()) if files]
    path = _path(state, cell)
    if path.exists() and not path.is_file():
        set_aside(path)
    if kept or path.exists():
        write_atomically(_path(state, cell), msgspec.json.encode(kept).decode())


def recall(state: Path, cell: str) -> Memo:
    """Return where the modules of a cell's probes lie; a memo that cannot be read says nothing."""
    try:
        content = read_regular(_path(state, cell))
        kept = msgspec.json.decode(content, type=list[tuple[str, str, tuple[File, ...]]])
    except (BadInput, *UNDECODABLE):
        return {}
    return {(probe, isolation): files for probe, isolation, files in kept}


def is_current(probe: ProbeRecord, memo: Memo) -> bool:
    """Whether every module from outside is known here to be as the probe's phases found it."""
    files = memo.get((probe.id, probe.isolation), ())
    seen = {file.sha256 for file in files} == {module.sha256 for module in probe.outside}
    return seen and all(file.is_the_same for file in files)


def without_changed(record: CellRecord, memo: Memo) -> CellRecord:
    """Return the record without the probes of which a module is known to have changed.

    Of what another machine ran nothing is known here.
    """
    kept = tuple(
        probe
        for probe in record.probes
        if (probe.id, probe.isolation) not in memo or is_current(probe, memo)
    )
    return msgspec.structs.replace(record, probes=kept)


def _path(state: Path, cell: str) -> Path:
    return state / "outside" / f"{cell}.json"
