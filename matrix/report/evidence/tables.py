"""The tables of matrix.json: what was seen gets a number, the same one every time. Pure.

In: probes as they were observed, one after the other. Out: how each is filed, and the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from ...experiments.sharing import Shared
from ...model.outcome import Outcome
from ...model.record import DataFile, Package, Phase
from .filed import (
    NO_FILES,
    File,
    PairReport,
    PhaseReport,
    ProbeReport,
    SharedReport,
    Times,
    left_by,
)

TEN_MS = 0.01


class Tables:
    """What has a number so far."""

    def __init__(self) -> None:
        self._phases: dict[bytes, int] = {}
        self._folders: dict[tuple[DataFile, ...], int] = {(): NO_FILES}
        self._names: dict[str, int] = {}

    def probe(
        self, told: tuple[str, Outcome, str, str], phases: Sequence[Phase], state: str,
        packages: tuple[Package, ...],
    ) -> ProbeReport:  # fmt: skip
        """Return a probe, told as id, outcome, phase and detail, with numbers for what was seen."""
        return ProbeReport(*told, *self._seen(phases), state, packages)

    def shared(self, shared: Shared) -> SharedReport:
        """Return what became of shared folders, with numbers for what was seen."""
        pairs = (
            PairReport(pair.first, pair.second, pair.word, pair.detail, *self._seen(pair.phases))
            for pair in shared.pairs
        )
        return SharedReport(shared.probe, tuple(pairs))

    def _seen(
        self, phases: Sequence[Phase]
    ) -> tuple[tuple[int, ...], tuple[Times, ...], tuple[int, ...]]:
        """Return the numbers of phases, their times, and the numbers of what they left."""
        after = tuple(self._folder(phase.files_after) for phase in phases)
        before = tuple(self._folder(phase.files_before) for phase in phases)
        folders = after if before == left_by(after) else before + after
        numbers = tuple(map(self._phase, phases))
        return numbers, tuple(map(_times, phases)), folders if any(folders) else ()

    def _phase(self, phase: Phase) -> int:
        bare = msgspec.structs.replace(
            phase, wall_s=0.0, cpu_s=None, run_s=None, files_before=(), files_after=()
        )
        line = msgspec.json.encode(bare, order="deterministic")
        return self._phases.setdefault(line, len(self._phases))

    def _folder(self, files: tuple[DataFile, ...]) -> int:
        number = self._folders.setdefault(files, len(self._folders))
        for file in files:
            self._names.setdefault(file.name, len(self._names))
        return number

    @property
    def phases(self) -> Iterator[PhaseReport]:
        """The phases, by number."""
        return (msgspec.json.decode(line, type=PhaseReport) for line in self._phases)

    @property
    def folders(self) -> Iterator[tuple[File, ...]]:
        """What the folders hold, by number."""
        return (
            tuple((self._names[file.name], file.bytes, file.sha256) for file in files)
            for files in self._folders
        )

    @property
    def names(self) -> Iterator[str]:
        """The names of the files, by number."""
        return iter(self._names)


def _times(phase: Phase) -> Times:
    return told_s(phase.wall_s), told_s(phase.cpu_s), told_s(phase.run_s)


@overload
def told_s(exactly: float) -> float: ...
@overload
def told_s(exactly: None) -> None: ...
def told_s(exactly: float | None) -> float | None:
    """Return seconds to the millisecond, of less than ten of them two digits: the rest is noise."""
    if exactly is None or exactly >= TEN_MS:
        return exactly and round(exactly, 3)
    return float(f"{exactly:.2g}")
