"""matrix.json of schema 1, which had all that was seen at each probe: read, and made one of today.

In: what such a file holds. Out: a `MatrixReport`. Pure.
"""

from __future__ import annotations

import msgspec

from ...experiments.overhead.summary import OverheadReport
from ...model.cell import CellStatus
from ...model.outcome import Outcome
from ...model.record import Package, Phase, UpstreamResult
from .filed import SCHEMA, CellReport, ClaimReport, MatrixReport
from .tables import Tables


class FirstProbe(msgspec.Struct, frozen=True):
    """A probe in a cell."""

    id: str
    outcome: Outcome
    phase: str
    detail: str
    phases: tuple[Phase, ...]
    state: str = ""
    packages: tuple[Package, ...] = ()


class FirstCell(msgspec.Struct, frozen=True):
    """A cell."""

    id: str
    numba: str
    python: str
    numpy: str
    llvmlite: str
    llvm: str
    status: CellStatus
    reason: str
    probes: tuple[FirstProbe, ...]
    upstream: tuple[UpstreamResult, ...] = ()
    not_installable: dict[str, str] = {}


class FirstClaim(msgspec.Struct, frozen=True):
    """A claim in one cell."""

    id: str
    probe: str
    cell: str
    kind: str
    holds: bool
    says: str
    issue: str = ""
    why: str = ""
    workarounds: tuple[str, ...] = ()


class FirstReport(msgspec.Struct, frozen=True):
    """The whole."""

    schema: int
    platform: str
    cells: tuple[FirstCell, ...]
    claims: tuple[FirstClaim, ...]
    overhead: OverheadReport | None = None
    reference: bool = False
    programs: dict[str, str] = {}

    def today(self) -> MatrixReport:
        """Return it as one of today."""
        tables = Tables()
        cells = tuple(_cell(cell, tables) for cell in self.cells)
        claims = tuple(
            ClaimReport(
                claim.id, claim.probe, (claim.cell,), claim.kind, claim.holds, claim.says,
                claim.issue, claim.why, claim.workarounds,
            )
            for claim in self.claims
        )  # fmt: skip
        return MatrixReport(
            SCHEMA, self.platform, cells, claims,
            tuple(tables.phases), tuple(tables.folders), tuple(tables.names),
            self.overhead, self.reference, self.programs,
        )  # fmt: skip


def _cell(cell: FirstCell, tables: Tables) -> CellReport:
    probes = tuple(
        tables.probe(
            (probe.id, probe.outcome, probe.phase, probe.detail),
            probe.phases,
            probe.state,
            probe.packages,
        )
        for probe in cell.probes
    )
    rest = {field: getattr(cell, field) for field in FirstCell.__struct_fields__}
    return CellReport(**rest | {"probes": probes})
