"""Two cells on one cache folder: what the second makes of what the first left, and then the first.

In: three phases, of the first, the second and the first again. Out: a word for each, and a grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from ..model.outcome import same_value
from ..model.record import Phase


class Sharing(StrEnum):
    """What became of a cache that a second cell was let at."""

    LOADS = "loads"
    APART = "apart"
    EVICTS = "evicts"
    STALE = "stale"
    RAISES = "raises"
    CRASHES = "crashes"


MEANING = {
    Sharing.LOADS: "what the first stored",
    Sharing.APART: "compiles its own, and the first then loads what it had stored",
    Sharing.EVICTS: "compiles its own, and the first has to compile again",
    Sharing.STALE: "a value that the first does not give",
    Sharing.RAISES: "it or the first ends with an exception, or in no time",
    Sharing.CRASHES: "it or the first dies",
}
# Whether a process did no good, from the worst on.
WORSE = {"crashed": Sharing.CRASHES, "timed_out": Sharing.RAISES, "raised": Sharing.RAISES}


class User(msgspec.Struct, frozen=True, order=True):
    """Who uses the folder: a cell, and the CPU name it is told, or "" for the processor's own."""

    cell: str
    cpu: str = ""

    def __str__(self) -> str:
        """Read as `0.57.0-cp311`, or `0.57.0-cp311 generic`."""
        return f"{self.cell} {self.cpu}".rstrip()


class Pair(msgspec.Struct, frozen=True):
    """Two users of one folder, in this order, and what they did: first, second, first again."""

    first: User
    second: User
    phases: tuple[Phase, ...]

    @property
    def word(self) -> Sharing:
        """What became of it."""
        stored, found, *again = self.phases
        for status, word in WORSE.items():
            if any(phase.status == status for phase in self.phases):
                return word
        if not all(same_value(phase.value, stored.value) for phase in self.phases):
            return Sharing.STALE
        if found.is_clean_hit:
            return Sharing.LOADS
        return Sharing.APART if again[0].is_clean_hit else Sharing.EVICTS

    @property
    def detail(self) -> str:
        """What kind of failure it is, or ""."""
        failed = [phase for phase in self.phases if phase.status != "answered"]
        return next((p.signal or p.exception or p.status for p in failed), "")


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
