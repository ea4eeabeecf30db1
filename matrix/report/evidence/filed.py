"""matrix.json as it is filed, schema 2: what was seen the same is in it once. Pure.

In: what was observed. Out: structs that name it by its number in a table, and from these the phases
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from ...errors import nearest
from ...experiments.overhead.summary import OverheadReport
from ...experiments.sharing import Sharing, User
from ...model.cell import CELL_ID, CellStatus
from ...model.outcome import Outcome
from ...model.record import Asked, DataFile, Dispatcher, Package, Phase, UpstreamResult
from ...model.text import DEEPEST, too_deep
from ...select.releases import Platform

SCHEMA = 2
NO_FILES = 0  # the number of the folder that holds none

Times = tuple[float, float | None, float | None]
File = tuple[int, int, str]
T = TypeVar("T")


class ProbeReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """A probe in a cell: its outcome, every phase as it was observed, and what it had installed.

    `phases` are numbers of phases. `folders` are those that they left; where one began with another
    than the phase before it left, all that they began with come first.
    """

    id: str
    outcome: Outcome
    phase: str
    detail: str
    phases: tuple[int, ...]
    times: tuple[Times, ...] = ()
    folders: tuple[int, ...] = ()
    state: str = ""
    packages: tuple[Package, ...] = ()


class CellReport(msgspec.Struct, frozen=True):
    """A cell: what it consisted of, whether it ran (or why not), and its probes.

    `not_installable` says of a probe why what it needs could not be installed.
    """

    id: str
    numba: str
    python: str
    numpy: str
    llvmlite: str
    llvm: str
    status: CellStatus
    reason: str
    probes: tuple[ProbeReport, ...]
    upstream: tuple[UpstreamResult, ...] = ()
    not_installable: dict[str, str] = {}


class ClaimReport(msgspec.Struct, frozen=True):
    """A claim in the cells where one thing was seen of it: whether it holds, and what is to do."""

    id: str
    probe: str
    cells: tuple[str, ...]
    kind: str
    holds: bool
    says: str
    issue: str
    why: str = ""
    workarounds: tuple[str, ...] = ()
    why_here: str = ""


class PairReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """Two users of one cache folder, in this order, and their phases: first, second, first again.

    The phases are told as those of a probe are.
    """

    first: User
    second: User
    outcome: Sharing
    detail: str
    phases: tuple[int, ...]
    times: tuple[Times, ...] = ()
    folders: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Read as `0.57.0-cp311, then 0.57.0-cp310`."""
        return f"{self.first}, then {self.second}"


class SharedReport(msgspec.Struct, frozen=True):
    """What the last `nox -s share` came to: of which probe, and of each two users."""

    probe: str
    pairs: tuple[PairReport, ...]


class PhaseReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """A phase without what hardly two have the same: its times and the cache's files."""

    name: str
    status: str
    value: Any = None
    exit: int | None = None
    signal: str | None = None
    exception: str | None = None
    message: str | None = None
    hits: int = 0
    misses: int = 0
    loads: int = 0
    saves: int = 0
    compiled: int = 0
    unresolved: tuple[str, ...] = ()
    dispatchers: tuple[Dispatcher, ...] = ()
    asked: tuple[Asked, ...] = ()
    strays: int = 0
    stdout: str = ""
    stderr: str = ""


class MatrixReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """matrix.json. `overhead` and `shared` are there only where there was such a run.

    `reference` is true where this is of the reference: no phase is known, and no CPython's patch.
    """

    schema: int
    platform: str
    cells: tuple[CellReport, ...]
    claims: tuple[ClaimReport, ...]
    phases: tuple[PhaseReport, ...]
    folders: tuple[tuple[File, ...], ...]
    names: tuple[str, ...]
    overhead: OverheadReport | None = None
    reference: bool = False
    programs: dict[str, str] = {}
    shared: SharedReport | None = None

    def flaw(self) -> str:
        """Return what makes it none that this suite writes, or "".

        Of a cell or a probe that is there twice nobody can say which of the two was meant.
        """
        if self.platform not in set(Platform):
            return f"{self.platform!r} is no platform; {nearest('', Platform)}"
        seen = set[tuple[str, str]]()
        for cell in self.cells:
            if not CELL_ID.fullmatch(cell.id):
                return f"{cell.id!r} is not a cell: ids look like 0.57.0-cp311"
            for name in ("", *(probe.id for probe in cell.probes)):
                if (cell.id, name) in seen:
                    return f"{name} is twice in {cell.id}" if name else f"{cell.id} is in it twice"
                seen.add((cell.id, name))
        deep = (n for n, phase in enumerate(self.phases) if too_deep(phase.value))
        found = next(deep, None)
        return "" if found is None else f"phase {found}: a value is nested more than {DEEPEST} deep"

    def observed(self, probe: ProbeReport | PairReport) -> tuple[Phase, ...]:
        """Return what was observed of a probe; raises ValueError where that is not all here."""
        number = len(probe.phases)
        after = probe.folders[-number:] or (NO_FILES,) * number
        before = probe.folders[:-number] or left_by(after)
        if not len(probe.times) == len(before) == len(after) == number:
            raise ValueError(f"{probe.id}: not each of its phases has times and folders")
        found = []
        for n, (wall_s, cpu_s, run_s) in enumerate(probe.times):
            phase = _at(self.phases, probe.phases[n], "phase")
            files = {
                "files_before": self._files(before[n]),
                "files_after": self._files(after[n]),
            }
            told = {field: getattr(phase, field) for field in PhaseReport.__struct_fields__}
            found.append(Phase(wall_s=wall_s, cpu_s=cpu_s, run_s=run_s, **told | files))
        return tuple(found)

    def _files(self, number: int) -> tuple[DataFile, ...]:
        held = _at(self.folders, number, "folder")
        return tuple(DataFile(_at(self.names, name, "name"), size, sha) for name, size, sha in held)


def left_by(after: tuple[int, ...]) -> tuple[int, ...]:
    """Return what each phase begins with where nobody but the phases touches the cache."""
    return (NO_FILES, *after[:-1]) if after else ()


def _at(table: Sequence[T], number: int, what: str) -> T:
    if not 0 <= number < len(table):  # Python would count from the end as well
        raise ValueError(f"there is no {what} {number}, of {len(table)}")
    return table[number]
