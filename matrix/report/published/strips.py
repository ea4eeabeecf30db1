"""How safe each shape is under each carrier, release by release. Pure.

In: `Findings`. Out: `Strip`s, which README's table, its picture and the badges are drawn from.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import msgspec

from ...judge.changes import Stretch
from ...model.cell import parse_cell
from ..findings import Findings
from ..page.rows import Row, rows_of, safety, shapes_of

SAFE, UNCACHED, BY_PYTHON, HAZARD = "safe", "right, but not cached", "by Python", "hazard"
# No word is told by its colour alone.
SIGNS = {SAFE: "✓", UNCACHED: "~", BY_PYTHON: "◐", HAZARD: "▲"}
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
        plain = [row for row in shape.rows if row.hoped]
        for carrier in dict.fromkeys(row.place.carrier for row in plain):
            rows = [row for row in plain if row.place.carrier == carrier]
            hazards = [row for row in rows if row.hazard]
            words = _words(found, hazards or rows)
            by_shape.setdefault(shape.name, {})[carrier] = Strip(
                shape.name, shape.title, carrier, bool(hazards), words
            )
    return by_shape


def _words(found: Findings, rows: Iterable[Row]) -> dict[str, str]:
    """Return the worst of what these probes did, by release; that is told by Python if a hazard."""
    worst: dict[str, dict[str, str]] = {}  # by release and cell
    order = list(SIGNS)
    for row in rows:
        for cell, result in found.by_probe[row.id].items():
            told = safety(result.outcome)
            word = told if told in SIGNS else HAZARD
            there = worst.setdefault(parse_cell(cell).release, {})
            there[cell] = max(word, there.get(cell, SAFE), key=order.index)
    releases = dict.fromkeys(parse_cell(record.cell).release for record in found.ran)
    return {
        release: BY_PYTHON if len(words) > 1 and HAZARD in words else max(words, key=order.index)
        for release in releases
        if (words := set(worst.get(release, {}).values()))
    }


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2])
