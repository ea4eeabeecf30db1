"""Two cells on one cache folder: what the second makes of what the first left, and then the first.

In: three phases, of the first, the second and the first again. Out: a word for each, and a grid;
and what the last run of `nox -s share` came to, kept in one file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..model.files import UNDECODABLE, Say, read_regular, write_atomically
from ..model.job import runner_of
from ..model.outcome import same_value
from ..model.record import Phase
from ..model.text import without_paths
from .probe import Probe


class Sharing(StrEnum):
    """What became of a cache that a second cell was let at."""

    LOADS = "loads"
    APART = "apart"
    EVICTS = "evicts"
    STALE = "stale"
    RAISES = "raises"
    CRASHES = "crashes"
    ALONE = "fails alone"


MEANING = {
    Sharing.LOADS: "what the first stored",
    Sharing.APART: "compiles its own, and the first then loads what it had stored",
    Sharing.EVICTS: "compiles its own, and the first has to compile again",
    Sharing.STALE: "a value that the first does not give",
    Sharing.RAISES: "it, or the first after it, ends with an exception or takes too long",
    Sharing.CRASHES: "it, or the first after it, dies",
    Sharing.ALONE: "the first, with nobody before it: this says nothing of sharing",
}
HOW = (
    "The first (a row) writes, the second (a column) comes after it, and then the first once more;"
    " each pair has a folder of its own."
)
# What does no good to whoever shares; what fails alone is no more good, and not known to.
BAD = (Sharing.STALE, Sharing.RAISES, Sharing.CRASHES, Sharing.ALONE)


class User(msgspec.Struct, frozen=True, order=True):
    """Who uses the folder: a cell, and what it has beside those of its name.

    `cpu` is the CPU name it is told, "" for the processor's own; `numpy` is the NumPy in it, ""
    for the one that is locked.
    """

    cell: str
    cpu: str = ""
    numpy: str = ""

    def __str__(self) -> str:
        """Read as `0.57.0-cp311`, `0.57.0-cp311 CPU generic` or `0.57.0-cp311 NumPy 1.23.2`."""
        other = f"NumPy {self.numpy}" if self.numpy else ""
        cpu = f"CPU {self.cpu}" if self.cpu else ""
        return " ".join(filter(None, (self.cell, other, cpu)))


class Pair(msgspec.Struct, frozen=True):
    """Two users of one folder, in this order, and what they did: first, second, first again."""

    first: User
    second: User
    phases: tuple[Phase, ...]

    @property
    def word(self) -> Sharing:
        """What became of it."""
        stored, found, *again = self.phases
        if stored.status != "answered":
            return Sharing.ALONE
        # Whatever ended a process: what did not answer has loaded nothing that is of use.
        ended = {phase.status for phase in self.phases} - {"answered"}
        if ended:
            return Sharing.CRASHES if "crashed" in ended else Sharing.RAISES
        if not all(same_value(phase.value, stored.value) for phase in self.phases):
            return Sharing.STALE
        if found.is_clean_hit:
            return Sharing.LOADS
        return Sharing.APART if again[0].is_clean_hit else Sharing.EVICTS

    @property
    def detail(self) -> str:
        """What kind of failure it is, or ""."""
        failed = [phase for phase in self.phases if phase.status != "answered"]
        failed.sort(key=lambda phase: phase.status != "crashed")
        return next((p.signal or p.exception or p.status for p in failed), "")


class Shared(msgspec.Struct, frozen=True):
    """What a run came to: of each two users, and of which probe.

    `source` names that probe as it was then, and the runner.
    """

    probe: str
    pairs: tuple[Pair, ...]
    source: str = ""

    @property
    def grid(self) -> list[list[str]]:
        """Who was first, a row each, and second, a column each."""
        return grid(self.pairs)

    @property
    def how(self) -> str:
        """How the grid is read."""
        return HOW

    @property
    def legend(self) -> list[str]:
        """What the words in it mean."""
        return legend(self.pairs)


def keep(path: Path, shared: Shared) -> None:
    """Keep what a run came to, in the place of an earlier one."""
    told = msgspec.json.encode(without_paths(msgspec.to_builtins(shared)))
    write_atomically(path, msgspec.json.format(told, indent=1).decode())


def kept(path: Path, probes: Iterable[Probe], runner: str, say: Say) -> Shared | None:
    """Return what the last run came to, if that was of one of these probes and this runner.

    What cannot be read, and what is of another, is said.
    """
    if not path.exists():
        return None
    try:
        shared = msgspec.json.decode(read_regular(path), type=Shared)
    except (BadInput, *UNDECODABLE):
        say(f"{path} is not what `nox -s share` writes, and is left out; it writes it anew")
        return None
    if shared.source in {source(probe, runner) for probe in probes if probe.id == shared.probe}:
        return shared
    say(f"{path} is of another {shared.probe} or runner, and is left out; `nox -s share` renews it")
    return None


def source(probe: Probe, runner: str) -> str:
    """Return what names a probe as it is, and what it is run by."""
    return hashlib.sha256(f"{probe.sha256} {runner_of(probe.id, runner)}".encode()).hexdigest()


def grid(pairs: Sequence[Pair]) -> list[list[str]]:
    """Return the table of first users, a row each, and second ones, a column each."""
    users = list(dict.fromkeys(pair.first for pair in pairs))
    words: Mapping[tuple[User, User], str] = {
        (pair.first, pair.second): f"{pair.word} {pair.detail}".rstrip() for pair in pairs
    }
    rows = [[str(one), *(words.get((one, other), "") for other in users)] for one in users]
    return [["first, then", *map(str, users)], *rows]


def legend(pairs: Sequence[Pair]) -> list[str]:
    """Return what the words mean that are in the grid."""
    there = {pair.word for pair in pairs}
    return [f"{word}: {MEANING[word]}" for word in Sharing if word in there]
