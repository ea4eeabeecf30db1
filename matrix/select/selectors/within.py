"""Selectors among cells that are there already, such as those of two reports.

In: selector words, the releases, the cells that are there. Out: those that any word speaks of. No
interpreter has a say: a word that names releases means each of their cells, not one of the newest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from ...errors import BadInput
from ...model.cell import CELL_ID, Cell, parse_cell
from ...model.text import listed
from ..releases import Platform, Release
from ..selection import Catalogue, select, split_words

TOLD = 12  # cells by name, where a word names none of them


def within(
    words: Sequence[str], cells: Collection[str], releases: Sequence[Release], platform: str
) -> frozenset[str]:
    """Return those of `cells`, given by id, that are named; all of them without a word.

    A word means what it does elsewhere: with `seed` the newest of the releases, not of the cells.

    Raises:
        BadInput: a word is no selector, or names none of these cells.
    """
    parsed = [parse_cell(cell) for cell in cells]
    catalogue = Catalogue(_known(parsed, releases, platform), platform, frozenset())
    chosen: set[str] = set()
    for word in split_words(words):
        found = select([word], catalogue, pre=True)
        if not CELL_ID.fullmatch(word):
            # Not one of the newest: what is also of "all", which without an interpreter is beyond.
            found = select([f"{word}&all"], catalogue, pre=True)
        named = {selected.cell.id for selected in (*found.cells, *found.beyond)} & set(cells)
        if not named:
            there = [cell.id for cell in sorted(parsed, key=lambda cell: cell.key)]
            raise BadInput(f"--cells {word}: there is none such among {listed(there, TOLD)}")
        chosen |= named
    return frozenset(chosen) if words else frozenset(cells)


def _known(
    cells: Sequence[Cell], releases: Sequence[Release], platform: str
) -> tuple[Release, ...]:
    """Return the releases with, on this platform, a wheel for each of the cells."""
    there = Platform(platform)
    pythons: dict[str, set[str]] = {}
    for cell in cells:
        pythons.setdefault(cell.release, set()).add(cell.python)
    known = {release.version: set(release.pythons(there)) for release in releases}
    # What is no release stands first: the last one is what "seed" calls the newest.
    order = [*(version for version in pythons if version not in known), *known]
    return tuple(
        Release(
            version,
            dt.date.min,
            {there: tuple(sorted(pythons.get(version, set()) | known.get(version, set())))},
        )
        for version in order
    )
