"""What has to run: the (cell, probe) pairs whose key is not the one stored. Pure but for reading.

In: cells, probes, what is stored. Out: for each cell the probes to run, dearest cells first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from ..experiments import upstream
from ..experiments.needs import Needs
from ..experiments.outside import Memo, is_current, recall
from ..experiments.probe import Probe
from ..experiments.upstream import UpstreamSuite
from ..model.cell import Cell, CellStatus, status_for
from ..model.files import Store, text_digest
from ..model.job import runner_of
from ..model.record import CellRecord, Phase
from ..select.releases import lock_path

# What a probe costs where nothing is known of it: seconds, of an ordinary two-core machine.
DEFAULT_PROBE_S = 0.4  # forked, on two cores that are busy: 0.30 to 0.39 were measured
DEFAULT_SUITE_S = 30.0
# What a probe needs and finds neither in its environment nor beside it.
MISSING = ("ImportError", "ModuleNotFoundError")
# As Python says it of what is in the lock: that will not be found under the same key either.
LOCKED = re.compile(
    r"No module named '(numba|numpy|llvmlite)\.|cannot import .+ from '(numba|numpy|llvmlite)[.']"
)


class Conditions(msgspec.Struct, frozen=True):
    """All that the observations of a cell depend on beside the probe itself.

    `loading` and `building` are what of the environment decides that; only an AOT probe builds. The
    packages `installed` for what a probe needs are named by a digest.
    """

    runner: str
    lock: str
    interpreter: str
    cpu: str
    platform: str
    isolation: str
    loading: str = ""
    building: str = ""
    installed: tuple[tuple[Needs, str], ...] = ()

    def key(self, probe: Probe) -> str:
        """Return the key under which this probe's observations are good."""
        built = self.building if probe.carrier == "aot" else ""
        more = (dict(self.installed).get(probe.needs, "nothing"),) if probe.needs else ()
        return self._digest(runner_of(probe.id, self.runner), probe.id, probe.sha256, built, *more)

    def source(self, probe: Probe) -> str:
        """Return what names the probe, the runner and the lock: the same on all machines."""
        return source(probe, self.runner, self.lock)

    def upstream_key(self, suites: Mapping[str, UpstreamSuite]) -> str:
        """Return the key under which the results of Numba's own tests are good."""
        return self._digest(self.runner, "upstream", upstream.key(suites), self.building)

    def _digest(self, *words: str) -> str:
        _, *rest, _, _ = msgspec.structs.astuple(self)
        return digest(*words, *rest, "")


def source(probe: Probe, runner: str, lock: str) -> str:
    """Return what names a probe, a runner and a lock, given the digests of those two."""
    return digest(probe.id, probe.sha256, runner_of(probe.id, runner), lock)


def digest(*words: str) -> str:
    """Return what names these words and no others."""
    # A variable may hold any bytes.
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:32]


class Task(msgspec.Struct, frozen=True):
    """The probes to run in one cell, and what that is expected to take in seconds."""

    cell: Cell
    probes: tuple[Probe, ...]
    cost_s: float
    upstream: bool = False


def conditions(
    cell: Cell,
    build: str,
    *,
    locks: Path,
    runner: str,
    cpu: str,
    platform: str,
    isolation: str,
    loading: str = "",
    building: str = "",
    installed: Mapping[Needs, str] | None = None,
) -> Conditions:
    """Return the conditions of a cell whose interpreter is of this `build`.

    A lock that is missing shows when it is installed.
    """
    lock = lock_digest(locks, cell.release)
    more = tuple(sorted((installed or {}).items()))
    return Conditions(runner, lock, build, cpu, platform, isolation, loading, building, more)


def lock_digest(locks: Path, release: str) -> str:
    """Return the digest of a release's lock."""
    path = lock_path(locks, release)
    return text_digest(path) if path.exists() else "missing"


def current(record: CellRecord, probes: Iterable[Probe], *, runner: str, locks: Path) -> CellRecord:
    """Return the record with what was seen of these probes as they are now, runner and lock too.

    Which machine saw it does not matter.
    """
    lock = lock_digest(locks, record.numba)
    now = {probe.id: source(probe, runner, lock) for probe in probes}
    kept = tuple(probe for probe in record.probes if now.get(probe.id) == probe.source)
    return msgspec.structs.replace(record, probes=kept)


def as_last_tried(record: CellRecord, probes: Iterable[Probe]) -> CellRecord:
    """Return the record without what was seen of these probes before they could not be installed.

    A cell in which that is so of all of them is one that did not run.
    """
    asked = frozenset(probe.id for probe in probes)
    lacking = {p: why for p, why in record.not_installable.items() if p in asked}
    kept = tuple(probe for probe in record.probes if probe.id not in lacking)
    found = msgspec.structs.replace(record, probes=kept)
    if record.status is not CellStatus.RAN or not lacking or lacking.keys() < asked:
        return found
    why = next(iter(lacking.values()))
    return msgspec.structs.replace(found, status=status_for(why), reason=why)


def stale(
    record: CellRecord | None,
    probes: Iterable[Probe],
    under: Conditions,
    limit_s: float,
    memo: Memo | None = None,
) -> tuple[Probe, ...]:
    """Return the probes whose stored observations are missing or were made under other conditions.

    A cell that did not run keeps nothing: whatever it lacked may be there now. Nor does a phase
    that was ended sooner than after `limit_s` seconds: it may need no more than that; one that
    did not find a module beyond the lock; and one whose modules are not, by the `memo`, what they
    were.
    """
    if record is None or record.status is not CellStatus.RAN:
        return tuple(probes)
    good = {
        (p.id, p.isolation, p.key)
        for p in record.probes
        if not any(_may_pass(phase, limit_s) for phase in p.phases) and is_current(p, memo or {})
    }
    return tuple(p for p in probes if (p.id, under.isolation, under.key(p)) not in good)


def _may_pass(phase: Phase, limit_s: float) -> bool:
    """Whether a phase failed of what the key does not hold, and what may be otherwise by now."""
    if phase.status == "answered":
        return False
    if phase.status == "timed_out":
        return phase.wall_s < limit_s
    if phase.name == "interpreted" and phase.exception in MISSING:
        return not LOCKED.match(phase.message or "")
    return phase.exception == "GenerationDied"


def expected_cost(probes: Iterable[Probe], record: CellRecord | None) -> float:
    """Return the seconds these probes took in this cell last time, or a guess."""
    known = {probe.id: probe.cost_s for probe in record.probes} if record else {}
    return sum(known.get(probe.id, DEFAULT_PROBE_S) for probe in probes)


def plan(
    cells: Iterable[tuple[Cell, Conditions]],
    probes: tuple[Probe, ...],
    store: Store[CellRecord],
    *,
    fresh: bool,
    limit_s: float,
    suites: Mapping[str, UpstreamSuite] | None = None,
    lacking: Mapping[str, Collection[str]] | None = None,
) -> tuple[Task, ...]:
    """Return the tasks, dearest first, so that no core is left alone with a long one at the end.

    `suites` are Numba's own tests, where they are asked for; `limit_s` is what a phase may take;
    `lacking` are, by cell, the probes whose needs cannot be met there.
    """
    tasks = []
    for cell, under in cells:
        record = store.load(cell.id)
        memo = recall(store.folder.parent, cell.id)
        due = probes if fresh else stale(record, probes, under, limit_s, memo)
        due = tuple(probe for probe in due if probe.id not in (lacking or {}).get(cell.id, ()))
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
