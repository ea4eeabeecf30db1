"""One object for all that is equal in the records of many cells: most of what they hold is.

In: a record as it was read. Out: the same record, which holds what others hold already, with its
times as they are told. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any

import msgspec

from ...model.record import CellRecord, DataFile
from .tables import told_s

# What of a phase is a text or a tuple; its value may be a list.
FIELDS = (
    "name", "status", "signal", "exception", "message", "unresolved", "dispatchers", "asked",
    "stdout", "stderr",
)  # fmt: skip


class Alike:
    """What has been held so far."""

    def __init__(self) -> None:
        self._held: dict[Hashable, Any] = {}

    def of(self, record: CellRecord) -> CellRecord:
        """Return a record that nobody else has yet, with what is in it the one of its kind."""
        for probe in record.probes:
            self._take(probe, ("id", "carrier", "isolation", "source", "outside", "packages"))
            # No two cells have left the same files: to hold on to all of them would cost more.
            folders: dict[tuple[DataFile, ...], tuple[DataFile, ...]] = {}
            for phase in probe.phases:
                self._take(phase, FIELDS)
                _share(phase, ("files_before", "files_after"), folders)
                for field in ("wall_s", "cpu_s", "run_s"):
                    msgspec.structs.force_setattr(phase, field, told_s(getattr(phase, field)))
                self._take(phase, ("wall_s", "cpu_s", "run_s"))
            for file in itertools.chain.from_iterable(folders):
                self._take(file, ("name",))
        return record

    def _take(self, struct: msgspec.Struct, fields: tuple[str, ...]) -> None:
        _share(struct, fields, self._held)


def _share(struct: msgspec.Struct, fields: tuple[str, ...], held: dict[Any, Any]) -> None:
    """Have the struct hold of these fields what is held already, if it is equal."""
    for field in fields:
        found = getattr(struct, field)
        if found:
            # It is equal, so that nobody can tell: frozen is what is said, not where it lies.
            msgspec.structs.force_setattr(struct, field, held.setdefault(found, found))
