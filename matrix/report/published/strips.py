"""How safe each shape is under each carrier, release by release. Pure.

In: `Findings`. Out: `Strip`s, which README's table, its picture and the badges are drawn from.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from ...judge.changes import Stretch
from ..findings import Findings
from ..page.rows import HAZARD, NOT_KNOWN, Shape, rows_of, safety, shapes_of

SAFE, UNCACHED, BY_PYTHON = "safe", "right, but not cached", "by Python"
# No word is told by its colour alone.
SIGNS = {SAFE: "✓", UNCACHED: "~", NOT_KNOWN: "-", BY_PYTHON: "◐", HAZARD: "▲"}
CARRIERS = ("cache", "aot")


class Strip(msgspec.Struct, frozen=True):
    """A shape under a carrier: a word per release looked at, oldest first."""

    shape: str
    title: str
    carrier: str
    hazard: bool
    words: dict[str, str]

    def stretches(self, releases: Sequence[str]) -> list[tuple[str, Stretch]]:
        """Return the word and the releases of each stretch in which it is the same."""
        grouped = itertools.groupby(self.words.items(), key=lambda item: item[1])
        return [
            (word, Stretch.over([release for release, _ in members], releases))
            for word, members in grouped
        ]

    def since(self, oldest: str) -> Strip:
        """Return what there is of it from a release line on, as in "0.57"."""
        first = _numbers(oldest)
        kept = {r: word for r, word in self.words.items() if _numbers(r) >= first}
        return msgspec.structs.replace(self, words=kept)


def strips(found: Findings) -> dict[str, dict[str, Strip]]:
    """Return the strips by shape and carrier: of the hazards, or of all where there is none."""
    by_shape: dict[str, dict[str, Strip]] = {}
    for shape in sorted(shapes_of(rows_of(found, "exec")), key=lambda s: (not s.hazards, s.name)):
        for carrier in shape.carriers:
            hazard = any(row.hazard for row in shape.speaking(carrier))
            by_shape.setdefault(shape.name, {})[carrier] = Strip(
                shape.name, shape.title, carrier, hazard, _words(found, shape, carrier)
            )
    return by_shape


def _words(found: Findings, shape: Shape, carrier: str) -> dict[str, str]:
    """Return the worst of what a shape did, by release; that is told by Python if a hazard."""
    order = list(SIGNS)
    worst: dict[str, set[str]] = {}
    for record in found.ran:
        did = [found.by_probe[row.id].get(record.cell) for row in shape.speaking(carrier)]
        told = {safety(result.outcome) for result in did if result}
        words = {word if word in SIGNS else HAZARD for word in told}
        if not shape.known(carrier, record.cell):
            words.add(NOT_KNOWN)
        worst.setdefault(record.numba, set()).add(max(words, key=order.index))
    return {
        release: BY_PYTHON
        if HAZARD in words and words - {HAZARD, NOT_KNOWN}
        else max(words, key=order.index)
        for release, words in worst.items()
    }


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2])
