"""What cells did, as stored: the types of an observation.

One file per cell. What cannot be read back through these types is set aside, never trusted and
never deleted.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from .cell import CellStatus
from .files import SCHEMA, Say, Store
from .text import DEEPEST, too_deep

# The phases that the in-cell runner carries out one after the other, by what carries a probe.
PHASES = {
    "cache": ("interpreted", "cold", "warm", "again"),
    "aot": ("interpreted", "build", "load"),
    "change": ("interpreted", "cold", "change", "truth", "warm", "again"),
    "race": ("interpreted", "race"),
}
# Where a run may begin as well: plain Python knows nothing of some changes.
ALSO_FIRST = {"change": "cold"}
# In the place of one of them, where the patch that a probe runs under did not end well.
PATCH = "patch"
ISOLATIONS = ("exec", "fork")
NOTHING = "nothing is stored of it"  # the reason of a cell that nobody has run


# Of these there are hundreds of thousands, and nothing in them can come back to itself: `gc=False`.
class DataFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An index or data file of Numba's cache: size in bytes, first 16 digits of its SHA-256."""

    name: str
    bytes: int
    sha256: str


class Specialisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One compiled signature; `unresolved`: its LLVM IR holds a `.numba.unresolved$` symbol."""

    signature: str
    unresolved: bool


class Dispatcher(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A dispatcher among the probe's attributes, and what it had compiled when the phase ended."""

    name: str
    specialisations: tuple[Specialisation, ...]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a process asked an index file for, and which parts of that were not in it."""

    index: str
    missing: tuple[str, ...]


class Module(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A module from outside the environment, and the first digits of its file's SHA-256."""

    name: str
    sha256: str


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A package that a probe had beside those of its cell's lock, or in another version.

    `sha256`: the first digits of what a wheel of the user's own holds. `asked`: it was named.
    """

    name: str
    version: str
    sha256: str = ""
    asked: bool = False

    def __str__(self) -> str:
        """Read as `quantecon 0.11.2`, or, of a wheel of the user's own, `mine 0.1 (3f2a91c0)`."""
        return f"{self.name} {self.version}" + (f" ({self.sha256[:8]})" if self.sha256 else "")


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What one process of a probe did. Times in seconds; `message` and the streams are bounded.

    `hits` and `misses` are the counters of the probe's own dispatchers and cfuncs; `loads`, `saves`
    and `compiled` were heard at Numba's cache and compiler, for all but Numba's own helpers.
    """

    name: str
    status: str
    wall_s: float
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
    files_before: tuple[DataFile, ...] = ()
    files_after: tuple[DataFile, ...] = ()
    cpu_s: float | None = None
    run_s: float | None = None
    strays: int = 0
    stdout: str = ""
    stderr: str = ""

    @property
    def is_clean_hit(self) -> bool:
        """Whether everything was loaded, nothing compiled, and no data file changed."""
        return (
            self.hits + self.loads > 0
            and not (self.misses or self.saves or self.compiled)
            and self.files_before == self.files_after
        )


class ProbeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One probe in one cell. `key` names everything the phases depended on.

    `source` names what ran, the probe with the runner and the lock: it is the same on all machines.
    `outside` are the modules that any phase imported from elsewhere, `packages` what was installed
    for it.
    """

    id: str
    carrier: str
    isolation: str
    key: str
    phases: tuple[Phase, ...]
    source: str = ""
    outside: tuple[Module, ...] = ()
    packages: tuple[Package, ...] = ()

    @property
    def cost_s(self) -> float:
        """What the probe took in this cell, in seconds of wall time."""
        return sum(phase.wall_s for phase in self.phases)

    def unfinished(self) -> str:
        """Return why the phases are not those of a whole run, or "".

        A run goes on after each phase that answered, up to a clean hit or its carrier's last.
        """
        told = tuple((p.name, p.status == "answered", p.is_clean_hit) for p in self.phases)
        return _unfinished(self.carrier, told, patched="@" in self.id)


@functools.cache  # ten thousands of probes went through the same few phases
def _unfinished(carrier: str, told: tuple[tuple[str, bool, bool], ...], *, patched: bool) -> str:
    """Return why these phases are no whole run, or ""; each answered or not, a clean hit or not."""
    names = tuple(name for name, *_ in told)
    order, begins = PHASES.get(carrier, ()), ALSO_FIRST.get(carrier)
    if begins and names[:1] in ((begins,), (PATCH,)):
        order = order[order.index(begins) :]
    plain = order[:1] == ("interpreted",)  # which no patch is for
    if PATCH in names[plain:] and patched:  # and not answered: in the place of a phase
        order = (*order[: names.index(PATCH)], PATCH)
    ends = [not answered or name == order[-1] or (name == "warm" and hit)
            for name, answered, hit in told if order]  # fmt: skip
    if not names:
        return "no phase was recorded"
    if names == order[: len(names)] and ends[-1] and not any(ends[:-1]):
        return ""
    return f"the phases {', '.join(names)} are not a whole run"


class UpstreamResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a suite in a cell. `ended` is "" or how its process ended before its tests did.

    `absent`: the release has it under none of its names.
    """

    suite: str
    key: str
    passed: int
    failed: int
    skipped: int
    absent: bool
    ended: str
    failures: tuple[str, ...]
    wall_s: float

    def __str__(self) -> str:
        """Read as `15 passed`, or `14 passed, 1 failed, SIGSEGV`."""
        if self.absent:
            return "not there"
        counted = [(self.passed, "passed"), (self.failed, "failed"), (self.skipped, "skipped")]
        words = [f"{number} {word}" for number, word in counted if number]
        return ", ".join([*words, self.ended] if self.ended else words) or "no tests"


class CellRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One cell as it was found: what it consisted of and what its probes did.

    `run` is the run that wrote it last; a run believes only records of its own. `cpu_s` is what
    that run's probes took, all processes of the in-cell runner together. `not_installable` says, by
    probe, why what it needs could not be installed when it was last to run: if it is among `probes`
    as well, what is there is of before.
    """

    cell: str
    run: str
    numba: str
    status: CellStatus
    platform: str
    schema: int = SCHEMA
    reason: str = ""
    python: str = ""
    numpy: str = ""
    llvmlite: str = ""
    llvm: str = ""
    cpu: str = ""
    install_s: float = 0.0
    cpu_s: float = 0.0
    notes: tuple[str, ...] = ()
    probes: tuple[ProbeRecord, ...] = ()
    upstream: tuple[UpstreamResult, ...] = ()
    not_installable: dict[str, str] = {}

    @property
    def versions(self) -> dict[str, str]:
        """What the environment held beside Numba, by name; all "" of a cell that did not run."""
        return {name: getattr(self, name) for name in ("python", "numpy", "llvmlite", "llvm")}

    @property
    def is_uninstalled(self) -> bool:
        """Whether nothing is known but why what its probes need could not be installed."""
        return self.reason.rpartition("\n")[2] in self.not_installable.values()

    def flaw(self) -> str:
        """Return why no cell can have filed this record, or ""."""
        for probe in self.probes:
            if probe.isolation not in ISOLATIONS:
                return f"{probe.id}: there is no isolation {probe.isolation!r}"
            if why := probe.unfinished():
                return f"{probe.id}: {why}"
            values = (phase.value for phase in probe.phases)
            if any(too_deep(value) for value in values if isinstance(value, list | dict)):
                return f"{probe.id}: a value in it is nested more than {DEEPEST} deep"
        return ""

    def merged(self, older: CellRecord | None, known: Iterable[str]) -> CellRecord:
        """Return this record with the `older` one's probes that did not run again.

        Probes that are not `known` any more are let go, and so are those that were seen on another
        patch of CPython, and what came of Numba's own tests beside other versions. A cell that did
        not run does not say what it holds: what it held before is still what is known; one that
        ran and could not be installed since is one that ran.
        """
        if older is None:
            return self
        known = frozenset(known)
        found = self if self.python else msgspec.structs.replace(self, **older.versions)
        if self.is_uninstalled and older.status is CellStatus.RAN:
            found = msgspec.structs.replace(older, run=self.run)
        fresh = {(probe.id, probe.isolation) for probe in self.probes}
        wanted = set(known) if older.python in ("", found.python) else set()
        kept = tuple(p for p in older.probes if (p.id, p.isolation) not in fresh and p.id in wanted)
        probes = tuple(sorted(self.probes + kept, key=lambda p: (p.id, p.isolation)))
        upstream = self.upstream or (older.upstream if found.versions == older.versions else ())
        still = known - {probe for probe, _ in fresh}
        lacking = {p: why for p, why in older.not_installable.items() if p in still}
        lacking |= self.not_installable
        return msgspec.structs.replace(
            found, probes=probes, upstream=upstream, not_installable=lacking
        )


def chosen(record: CellRecord, isolation: str) -> dict[str, ProbeRecord]:
    """Return a cell's probes by id, as seen with `isolation` or, failing that, with the other.

    Of `both`, exec'd is the one that counts: it is what forking is held against.
    """
    wanted = "exec" if isolation == "both" else isolation
    preferred = sorted(record.probes, key=lambda probe: probe.isolation == wanted)
    return {probe.id: probe for probe in preferred}


def packages_of(record: CellRecord) -> list[Package]:
    """Return what was installed for the probes of a cell beside its lock."""
    return sorted({package for probe in record.probes for package in probe.packages})


def observations(folder: Path, say: Say) -> Store[CellRecord]:
    """Return the store of what probes did."""
    return Store(folder, say, CellRecord)
