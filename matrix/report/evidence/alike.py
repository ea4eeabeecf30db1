"""One object for all that is equal in the records of many cells: most of what they hold is.

In: a record as it was read. Out: the same record, which holds what others hold already. Pure.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

import msgspec

from ...model.record import CellRecord

# What of a phase is a text or a tuple; its times are of no other phase, its value may be a list.
FIELDS = (
    "name", "status", "signal", "exception", "message", "unresolved", "dispatchers", "asked",
    "stdout", "stderr",
)  # fmt: skip
R = TypeVar("R", bound=msgspec.Struct)


class Alike:
    """What has been held so far."""

    def __init__(self) -> None:
        self._held: dict[Hashable, Any] = {}

    def of(self, record: CellRecord) -> CellRecord:
        """Return a record that nobody else has yet, with what is in it the one of its kind."""
        for probe in record.probes:
            self._take(probe, ("id", "carrier", "isolation", "source", "outside", "packages"))
            for phase in probe.phases:
                self._take(phase, FIELDS)
                for file in (*phase.files_before, *phase.files_after):
                    self._take(file, ("name", "sha256"))
                self._take(phase, ("files_before", "files_after"))
        return record

    def _take(self, struct: R, fields: tuple[str, ...]) -> None:
        for field in fields:
            found = getattr(struct, field)
            if found:
                # It is equal, so that nobody can tell: frozen is what is said, not where it lies.
                msgspec.structs.force_setattr(struct, field, self._held.setdefault(found, found))
