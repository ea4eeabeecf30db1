"""What two matrix.json say differently: outcomes, phases, details and values, cell by cell. Pure.

In: two reports. Out: lines, none when both say the same. Times and versions are never compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..model.files import UNDECODABLE, read_regular
from ..model.outcome import Result, same_value
from ..model.record import DEEPEST, too_deep
from ..model.text import brief
from .pages import CellReport, MatrixReport, ProbeReport


def load(path: Path) -> MatrixReport:
    """Read a matrix.json; raises BadInput when it is missing or not one."""
    if not path.exists():
        raise BadInput(f"{path}: there is no such file; `nox -s report` writes one")
    try:
        found = msgspec.json.decode(read_regular(path), type=MatrixReport)
    except UNDECODABLE as error:
        raise BadInput(f"{path}: not a matrix.json that this suite writes: {error}") from error
    for cell in found.cells:
        for probe in cell.probes:
            if any(too_deep(phase.value) for phase in probe.phases):
                where = f"{path}: {cell.id}, {probe.id}"
                raise BadInput(f"{where}: a value is nested more than {DEEPEST} deep")
    return found


def differences(old: MatrixReport, new: MatrixReport) -> Iterator[str]:
    """Yield a line for everything that is not the same in both."""
    before, after = _cells(old), _cells(new)
    for cell in [*before, *(cell for cell in after if cell not in before)]:
        if cell not in after:
            yield f"{cell}: gone"
        elif cell not in before:
            yield f"{cell}: new"
        else:
            yield from _cell(before[cell], after[cell])


def _cells(report: MatrixReport) -> dict[str, CellReport]:
    return {cell.id: cell for cell in report.cells}


def _cell(old: CellReport, new: CellReport) -> Iterator[str]:
    if old.status != new.status:
        yield f"{old.id}: {old.status} before, {new.status} now"
    before = {probe.id: probe for probe in old.probes}
    after = {probe.id: probe for probe in new.probes}
    for probe in sorted(before.keys() | after.keys()):
        one, other = before.get(probe), after.get(probe)
        if one is None or other is None:
            yield f"{old.id} {probe}: {_did(one)} before, {_did(other)} now"
        elif _result(one) != _result(other):
            yield f"{old.id} {probe}: {_result(one)} before, {_result(other)} now"
        elif not same_value(_value(one), _value(other)):
            values = f"{brief(_value(one))} before, {brief(_value(other))} now"
            yield f"{old.id} {probe}: value {values}"


def _did(probe: ProbeReport | None) -> str:
    return str(_result(probe)) if probe else "not run"


def _result(probe: ProbeReport) -> Result:
    return Result(probe.outcome, probe.phase, probe.detail)


def _value(probe: ProbeReport) -> object:
    return next((phase.value for phase in probe.phases if phase.name == probe.phase), None)
