"""Squares: what probes did in cells, as the reference knows it. Pure.

In: records of cells. Out: `Squares`, whose values are those alone that are not what plain Python
gives, long ones as a digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ...model.outcome import Result, result_of, same_value
from ...model.record import CellRecord, ProbeRecord, chosen

SHORT = 200  # a wrong value that is longer, its numbers aside, is kept as a digest
DIGEST = "sha256:"


class Versions(msgspec.Struct, frozen=True, array_like=True):
    """What a cell consisted of beside Numba and CPython."""

    numpy: str
    llvmlite: str
    llvm: str


class Squares(msgspec.Struct, frozen=True):
    """What probes did, by cell and probe, and what each cell consisted of."""

    cells: Mapping[str, Versions] = {}
    did: Mapping[str, Mapping[str, Result]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self.did.values()))

    def joined(self, newer: Squares) -> Squares:
        """Return all of both; where both have a square, the newer one's."""
        did = {**self.did, **{c: {**self.did.get(c, {}), **now} for c, now in newer.did.items()}}
        return Squares({**self.cells, **newer.cells}, did)


def seen_in(records: Iterable[CellRecord], isolation: str) -> Squares:
    """Return the squares that were seen in these cells."""
    held = {r.cell: (r, chosen(r, isolation)) for r in records}
    return Squares(
        {cell: Versions(r.numpy, r.llvmlite, r.llvm) for cell, (r, _) in held.items()},
        {cell: {p: settled(did) for p, did in seen.items()} for cell, (_, seen) in held.items()},
    )


def settled(record: ProbeRecord) -> Result:
    """Return a probe's result as the reference tells it: its value only where it is not the truth.

    Every machine has the truth from the probe itself, and a digest of it could say no more.
    """
    found = result_of(record)
    if same_value(found.value, record.phases[0].value):
        return msgspec.structs.replace(found, value=None)
    return msgspec.structs.replace(found, value=told_value(value_text(found.value)))


def value_text(value: object) -> str:
    """Return a value as it is kept.

    Values that are the same but for rounding must not be kept in two ways: a digest leaves numbers
    out, and whether there is to be one is asked without them. What is not JSON (NaN) is null.
    """
    if isinstance(value, str) and value.startswith(DIGEST):
        return value
    plain = msgspec.json.encode(_without_numbers(value), order="sorted")
    if len(plain) > SHORT:
        return DIGEST + hashlib.sha256(plain).hexdigest()[:16]
    return msgspec.json.encode(value, order="sorted").decode()


def _without_numbers(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if isinstance(value, list):
        return [_without_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_numbers(item) for key, item in value.items()}
    return 0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def told_value(text: str) -> object:
    if not text or text.startswith(DIGEST):
        return text or None
    return msgspec.json.decode(text)
