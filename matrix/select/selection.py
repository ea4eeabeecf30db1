"""From selectors to cells: which releases on which CPythons a command is about.

In: selector words, the releases, the interpreters found here. Out: a `Selection`, in order of
release and Python. A cell without wheel or interpreter stays in it, with its status.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from packaging.version import VERSION_PATTERN, Version

from ..errors import BadInput, nearest
from ..model.cell import CELL_ID, Cell, CellStatus, parse_cell, tag
from ..model.text import counted
from .releases import Release
from .selectors.release import releases_of, specifier_of
from .selectors.union import how_to_intersect

DEFAULT = ("minors",)
VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)


class Selected(msgspec.Struct, frozen=True):
    """A cell and why it cannot run, if it cannot: `status` is None when it can."""

    cell: Cell
    status: CellStatus | None = None
    reason: str = ""


class Selection(msgspec.Struct, frozen=True):
    """The cells that were asked for, and those beside them that only lack an interpreter here."""

    cells: tuple[Selected, ...]
    beyond: tuple[Selected, ...] = ()
    hint: str = ""

    @property
    def runnable(self) -> tuple[Cell, ...]:
        """The cells that have a wheel and an interpreter."""
        return tuple(selected.cell for selected in self.cells if selected.status is None)

    def without(self, missed: Mapping[str, str]) -> Selection:
        """Return it with the cells that did not come to run, and why, as such that cannot."""
        cells = tuple(
            Selected(s.cell, CellStatus.BROKEN, missed[s.cell.id]) if s.cell.id in missed else s
            for s in self.cells
        )
        return msgspec.structs.replace(self, cells=cells)

    def anywhere(self) -> Selection:
        """Return it for cells that may have run on any machine: this one need have no CPython."""
        cells = tuple(
            Selected(s.cell) if s.status is CellStatus.NO_INTERPRETER else s for s in self.cells
        )
        return msgspec.structs.replace(self, cells=cells)

    def lines(self) -> Iterator[str]:
        """Yield what a user is told of it before anything runs."""
        yield f"{counted(len(self.cells), 'cell')} selected, {len(self.runnable)} can run here"
        if self.hint:
            yield self.hint
        for selected in self.cells:
            if selected.status is not None:
                yield f"  {selected.cell.id}: {selected.status}, {selected.reason}"
        if self.beyond:
            pythons = sorted({s.cell.python for s in self.beyond}, key=Version)
            yield (
                f"  {len(self.beyond)} more cells need CPython {', '.join(pythons)}, which is"
                " not on this machine (no_interpreter)"
            )


class Catalogue(msgspec.Struct, frozen=True):
    """What there is to select from: `releases` for one `platform`, and the `pythons` found here."""

    releases: tuple[Release, ...]
    platform: str
    pythons: frozenset[str]

    def pairs(self) -> Iterable[Cell]:
        """Every pair of a release and a CPython that has a wheel for the platform."""
        for release in self.releases:
            for python in release.pythons(self.platform):
                yield Cell(release.version, python)

    def newest_here(self, release: Release) -> Cell | None:
        """The release on the newest CPython found here, else on the newest it has a wheel for."""
        served = sorted(release.pythons(self.platform), key=Version)
        here = [python for python in served if python in self.pythons]
        best = (here or served)[-1:]
        return Cell(release.version, best[0]) if best else None

    def beside(self, version: Version) -> str:
        """Say which releases come just before and after a version that cannot be had."""
        served = [Version(r.version) for r in self.releases if r.pythons(self.platform)]
        below = [one for one in served if one < version][-1:]
        above = [one for one in served if one > version][:1]
        words = []
        if below and above:
            words.append(f"nearest are {below[0]} and {above[0]}")
        elif above:
            words.append(f"the oldest is {above[0]}")
        if served and served[-1:] != above:
            words.append(f"the newest is {served[-1]}")
        if version.is_prerelease:
            words.append("release candidates take part with --pre")
        return ", ".join(words) or f"no release has a wheel for {self.platform}"

    def selected(self, cell: Cell) -> Selected:
        """Return the cell with the reason why it cannot run here, if there is one."""
        release = next((r for r in self.releases if r.version == cell.release), None)
        if release is None:
            raise BadInput(nothing_named(cell.id, self))
        if cell.python not in release.pythons(self.platform):
            served = ", ".join(tag(python) for python in release.pythons(self.platform)) or "none"
            reason = f"no wheel for {self.platform} and {tag(cell.python)}; there are: {served}"
            return Selected(cell, CellStatus.NO_WHEEL, reason)
        if cell.python not in self.pythons:
            reason = f"no CPython {cell.python} on this machine"
            return Selected(cell, CellStatus.NO_INTERPRETER, reason)
        return Selected(cell)


def select(words: Sequence[str], catalogue: Catalogue, *, pre: bool = False) -> Selection:
    """Return the union of what `words` name, the default selection when there are none.

    Release candidates take part only with `pre`.

    Raises:
        BadInput: a word is no selector, or nothing matches it.
    """
    releases = tuple(r for r in catalogue.releases if pre or not r.is_prerelease)
    catalogue = msgspec.structs.replace(catalogue, releases=releases)
    chosen: set[Cell] = set()
    beyond: set[Cell] = set()
    for word in words or DEFAULT:
        found, absent = _cells_of(word, catalogue)
        chosen.update(found)
        beyond.update(absent)
    ordered = sorted(chosen, key=lambda cell: cell.key)
    rest = sorted(beyond - chosen, key=lambda cell: cell.key)
    return Selection(
        tuple(catalogue.selected(cell) for cell in ordered),
        tuple(catalogue.selected(cell) for cell in rest),
        how_to_intersect(words),
    )


def split_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the selectors in the words: one word may hold several, apart from `>=0.60, <0.64`."""
    joined = (re.sub(r"\s*&\s*", "&", word.strip()) for word in words)
    return tuple(part for word in joined for part in re.split(r"(?<!,)\s+", word) if part)


def select_everywhere(
    words: Sequence[str], catalogues: Sequence[Catalogue], *, pre: bool
) -> list[Selection]:
    """Return what the selectors name in each catalogue, of one platform each.

    A selector need not name anything on every platform: there is no 0.48.0 for macos-arm64.
    Raises BadInput when one names nothing on any of them.
    """
    if len(catalogues) == 1:
        return [select(words, catalogues[0], pre=pre)]
    found: list[list[str]] = [[] for _ in catalogues]
    for word in words or DEFAULT:
        valid = [_names_cells(word, catalogue, pre=pre) for catalogue in catalogues]
        if not any(valid):
            where = ", ".join(catalogue.platform for catalogue in catalogues)
            raise BadInput(f"on none of {where}: {nothing_named(word, catalogues[0])}")
        for named, names_some in zip(found, valid, strict=True):
            named.extend([word] * names_some)
    return [
        select(named, catalogue, pre=pre) if named else Selection(())
        for named, catalogue in zip(found, catalogues, strict=True)
    ]


def _names_cells(word: str, catalogue: Catalogue, *, pre: bool) -> bool:
    try:
        found = select([word], catalogue, pre=pre)
    except BadInput:
        return False
    return any(s.status is not CellStatus.NO_WHEEL for s in (*found.cells, *found.beyond))


def one_per_release(catalogue: Catalogue, python: str | None) -> list[Cell]:
    """Return every stable release that can run here on `python`, else on its newest CPython."""
    cells = []
    for release in catalogue.releases:
        if release.is_prerelease:
            continue
        cell = catalogue.newest_here(release)
        if python is not None:
            served = python in release.pythons(catalogue.platform)
            cell = Cell(release.version, python) if served else None
        if cell is not None and catalogue.selected(cell).status is None:
            cells.append(cell)
    return cells


class _Named(msgspec.Struct, frozen=True):
    """What one selector names: releases, or cells, `absent` if an interpreter for them is."""

    releases: frozenset[str] = frozenset()
    cells: frozenset[Cell] | None = None
    absent: frozenset[Cell] = frozenset()

    def has(self, cell: Cell) -> bool:
        """Whether a cell is, on whatever interpreter, what the selector speaks of."""
        if self.cells is None:
            return cell.release in self.releases
        return cell in self.cells or cell in self.absent


def _named(word: str, catalogue: Catalogue) -> _Named:
    """Return what a selector without an & names; raises BadInput when that is nothing."""
    if word == "all":
        pairs = frozenset(catalogue.pairs())
        here = frozenset(cell for cell in pairs if cell.python in catalogue.pythons)
        return _Named(cells=here, absent=pairs - here)
    if CELL_ID.fullmatch(word):
        cell = parse_cell(word)
        catalogue.selected(cell)  # an unknown release is said before anything runs
        return _Named(cells=frozenset([cell]))
    cells = _by_python(word, catalogue) or _by_glob(word, catalogue)
    if cells:
        return _Named(cells=cells)
    releases = releases_of(word, catalogue.releases) or ()
    served = frozenset(r.version for r in releases if r.pythons(catalogue.platform))
    if not served and word not in ("seed", "minors"):
        raise BadInput(nothing_named(word, catalogue))
    return _Named(served)


def _cells_of(word: str, catalogue: Catalogue) -> tuple[set[Cell], set[Cell]]:
    """Return what a selector names, and what it would name if more interpreters were here.

    Of several joined by & it is what all of them name, on the newest Python here unless one says.
    """
    parts = word.split("&")
    if len(parts) > 1 and "" in parts:
        raise BadInput(f"selector {word!r}: an & stands between two, as in '>=0.55&cp311'")
    named = [_named(part, catalogue) for part in parts]
    cells = [one for one in named if one.cells is not None]
    if cells:
        pairs = {c for one in cells for c in (*(one.cells or ()), *one.absent)}
        both = {cell for cell in pairs if all(one.has(cell) for one in named)}
        absent = {cell for cell in both if all(cell in one.absent for one in cells)}
    else:
        wanted = frozenset.intersection(*(one.releases for one in named))
        newest = (catalogue.newest_here(r) for r in catalogue.releases if r.version in wanted)
        both, absent = {cell for cell in newest if cell}, set()
    if not both and len(parts) > 1:
        raise BadInput(_nothing_in_common(word, catalogue))
    return both - absent, absent


def _nothing_in_common(word: str, catalogue: Catalogue) -> str:
    """Say of selectors that have no cell in common what each of them names."""
    told = []
    for part in dict.fromkeys(word.split("&")):
        one = _named(part, catalogue)
        pairs = sorted((c for c in catalogue.pairs() if one.has(c)), key=lambda cell: cell.key)
        span = " to ".join(dict.fromkeys(cell.release for cell in (*pairs[:1], *pairs[-1:])))
        pythons = sorted({cell.python for cell in pairs}, key=Version)
        told.append(f"{part} is {span or 'none'} on {', '.join(map(tag, pythons)) or 'none'}")
    return f"selector {word!r} matches no cell: {'; '.join(told)}"


def _by_python(word: str, catalogue: Catalogue) -> frozenset[Cell]:
    return frozenset(cell for cell in catalogue.pairs() if tag(cell.python) == word)


def _by_glob(word: str, catalogue: Catalogue) -> frozenset[Cell]:
    if not re.search(r"[*?\[]", word):
        return frozenset()
    return frozenset(cell for cell in catalogue.pairs() if fnmatch.fnmatchcase(cell.id, word))


def nothing_named(word: str, catalogue: Catalogue) -> str:
    """Say that a selector names no cell, and what it may have meant."""
    release = word.partition("-cp")[0] if CELL_ID.fullmatch(word) else word
    versions = [one.version.removesuffix(".*") for one in specifier_of(release) or ()]
    if versions and all(map(VERSION.fullmatch, versions)):
        known = releases_of(release, catalogue.releases)
        why = f"no wheel for {catalogue.platform}" if known else "no such release"
        return f"{word}: {why}; {catalogue.beside(min(map(Version, versions)))}"
    words = ["seed", "minors", "all"]
    pythons = sorted({tag(cell.python) for cell in catalogue.pairs()})
    releases = [release.version for release in catalogue.releases]
    kinds = f"{', '.join(words)}, a version or specifier, a Python like cp311, or a cell glob"
    hint = nearest(word, [*words, *pythons, *releases])
    return f"selector {word!r} matches no cell; {hint} A selector is one of: {kinds}"
