"""What has to run: the (cell, probe) pairs whose key is not the one stored. Pure but for reading.

In: cells, probes, what is stored. Out: for each cell the probes to run, dearest cells first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from matrix.cells import Cell, CellStatus
from matrix.observations import CellRecord, Store
from matrix.probes import Probe
from matrix.upstream import UpstreamSuite

# What a probe costs where nothing is known of it: seconds, of an ordinary two-core machine.
DEFAULT_PROBE_S = 1.0
DEFAULT_SUITE_S = 30.0


class Conditions(msgspec.Struct, frozen=True):
    """All that the observations of a cell depend on beside the probe itself."""

    runner: str
    lock: str
    interpreter: str
    cpu: str
    platform: str
    isolation: str

    def key(self, probe: Probe) -> str:
        """Return the key under which this probe's observations are good."""
        return self._digest(probe.id, probe.sha256)

    def upstream_key(self, suites: Mapping[str, UpstreamSuite]) -> str:
        """Return the key under which the results of Numba's own tests are good."""
        return self._digest("upstream", msgspec.json.encode(suites, order="sorted").decode())

    def _digest(self, *words: str) -> str:
        text = "\0".join([*words, *msgspec.structs.astuple(self)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Task(msgspec.Struct, frozen=True):
    """The probes to run in one cell, and what that is expected to take in seconds."""

    cell: Cell
    probes: tuple[Probe, ...]
    cost_s: float
    upstream: bool = False


def lock_path(locks: Path, release: str) -> Path:
    """Return where the lock of a release is."""
    return locks / f"numba-{release}.txt"


def conditions(
    cell: Cell,
    build: str,
    *,
    locks: Path,
    runner: str,
    cpu: str,
    platform: str,
    isolation: str,
) -> Conditions:
    """Return the conditions of a cell whose interpreter is of this `build`.

    A lock that is missing shows when it is installed.
    """
    path = lock_path(locks, cell.release)
    lock = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
    return Conditions(runner, lock, build, cpu, platform, isolation)


def stale(
    record: CellRecord | None, probes: Iterable[Probe], under: Conditions
) -> tuple[Probe, ...]:
    """Return the probes whose stored observations are missing or were made under other conditions.

    A cell that did not run keeps nothing: whatever it lacked may be there now.
    """
    if record is None or record.status is not CellStatus.RAN:
        return tuple(probes)
    good = {(p.id, p.isolation, p.key) for p in record.probes}
    return tuple(p for p in probes if (p.id, under.isolation, under.key(p)) not in good)


def expected_cost(probes: Iterable[Probe], record: CellRecord | None) -> float:
    """Return the seconds these probes took in this cell last time, or a guess."""
    known = {probe.id: probe.cost_s for probe in record.probes} if record else {}
    return sum(known.get(probe.id, DEFAULT_PROBE_S) for probe in probes)


def plan(
    cells: Iterable[tuple[Cell, Conditions]],
    probes: tuple[Probe, ...],
    store: Store,
    *,
    fresh: bool,
    suites: Mapping[str, UpstreamSuite] | None = None,
) -> tuple[Task, ...]:
    """Return the tasks, dearest first, so that no core is left alone with a long one at the end.

    `suites` are Numba's own tests, where they are asked for.
    """
    tasks = []
    for cell, under in cells:
        record = store.load(cell.id)
        due = probes if fresh else stale(record, probes, under)
        upstream = bool(suites) and (
            fresh or not _has_upstream(record, under.upstream_key(suites or {}))
        )
        if due or upstream:
            cost = expected_cost(due, record)
            cost += DEFAULT_SUITE_S * len(suites) if suites and upstream else 0
            tasks.append(Task(cell, due, cost, upstream))
    return tuple(sorted(tasks, key=lambda task: (-task.cost_s, task.cell.key)))


def _has_upstream(record: CellRecord | None, key: str) -> bool:
    if record is None or record.status is not CellStatus.RAN:
        return False
    return any(result.key == key for result in record.upstream)
