"""Where outcomes changed from one release to the next. Pure; used by the report and by bisect.

In: what a probe did, release by release, and the releases there are. Out: `Span`s of releases that
did the same, in order, each of which tells how many of the releases in it were looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from packaging.version import Version

from ..model.cell import parse_cell
from ..model.outcome import Result
from .judge import alike, same_result

# Said wherever a range is shown that holds releases nobody looked at.
LEGEND = (
    "A .. B (2 of 9): the same in the 2 releases looked at of the 9 in that stretch;"
    " the others were not looked at."
)
LISTED = 3


def _between(first: str, last: str, releases: Iterable[str]) -> list[str]:
    return [r for r in releases if Version(first) < Version(r) < Version(last)]


class Stretch(msgspec.Struct, frozen=True):
    """The releases from `first` to `last`, both looked at: so many `looked` at, so many `there`."""

    first: str
    last: str
    looked: int
    there: int

    @classmethod
    def over(cls, looked: Sequence[str], there: Iterable[str]) -> Stretch:
        """Return the stretch from the first release looked at to the last, given all there are."""
        inside = {*looked, *_between(looked[0], looked[-1], there)}
        return cls(looked[0], looked[-1], len(looked), len(inside))

    @property
    def has_gaps(self) -> bool:
        """Whether it holds releases that nobody looked at."""
        return self.looked < self.there

    def __str__(self) -> str:
        """Read as `0.57.0`, `0.48.0 - 0.56.4`, or, with gaps, `0.48.0 .. 0.56.4 (9 of 24)`."""
        if self.first == self.last:
            return self.first
        if not self.has_gaps:
            return f"{self.first} - {self.last}"
        return f"{self.first} .. {self.last} ({self.looked} of {self.there})"


class Span(msgspec.Struct, frozen=True):
    """Releases in which a probe did the same. `results` differ only by Python.

    `skipped` are the releases right before it that were not looked at.
    """

    releases: Stretch
    results: tuple[tuple[Result, tuple[str, ...]], ...]
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Read as `hit`, or, where Pythons differ, as `hit (cp38, cp39); raised ... (cp311)`."""
        if len(self.results) == 1:
            return str(self.results[0][0])
        return "; ".join(f"{result} [{', '.join(tags)}]" for result, tags in self.results)

    @property
    def since(self) -> str:
        """Read as `0.57.0`, or say which releases nobody looked at may have begun it."""
        if not self.skipped:
            return self.releases.first
        listed = ", ".join(self.skipped)
        if len(self.skipped) > LISTED:
            listed = f"{len(self.skipped)} releases from {self.skipped[0]} to {self.skipped[-1]}"
        return f"{self.releases.first} or earlier, not looked at {listed}"


def joined(neighbours: Sequence[Span]) -> Stretch:
    """Return the stretch of spans that follow on each other."""
    looked, there = (
        sum(getattr(span.releases, name) for span in neighbours) for name in ("looked", "there")
    )
    between = sum(len(span.skipped) for span in neighbours[1:])
    ends = neighbours[0].releases.first, neighbours[-1].releases.last
    return Stretch(*ends, looked, there + between)


def spans(cells: Mapping[str, Result], releases: Sequence[str]) -> tuple[Span, ...]:
    """Return the spans of one probe, oldest release first, given what it did by cell id.

    `releases` are all that could have been looked at, oldest first: the stable ones with a wheel.
    """
    by_release: dict[str, list[tuple[str, Result]]] = {}
    for cell, result in sorted(cells.items(), key=lambda item: parse_cell(item[0]).key):
        by_release.setdefault(parse_cell(cell).release, []).append((cell, result))
    did = {
        release: tuple(
            (group.result, tuple(cell.rpartition("-")[2] for cell in group.cells))
            for group in alike(found)
        )
        for release, found in by_release.items()
    }
    alike_in_a_row: list[list[str]] = []
    for release, results in did.items():
        if alike_in_a_row and _same(did[alike_in_a_row[-1][0]], results):
            alike_in_a_row[-1].append(release)
        else:
            alike_in_a_row.append([release])
    found: list[Span] = []
    for looked in alike_in_a_row:
        here = Stretch.over(looked, releases)
        skipped = _between(found[-1].releases.last, here.first, releases) if found else []
        found.append(Span(here, did[here.first], tuple(skipped)))
    return tuple(found)


def _same(
    one: Sequence[tuple[Result, tuple[str, ...]]], other: Sequence[tuple[Result, tuple[str, ...]]]
) -> bool:
    """Whether two releases did the same: on all their Pythons, or the same on each of them."""
    if len(one) == len(other) == 1:
        return same_result(one[0][0], other[0][0])
    return len(one) == len(other) and all(
        same_result(a, b) and a_tags == b_tags
        for (a, a_tags), (b, b_tags) in zip(one, other, strict=True)
    )


def ranges(cells: Iterable[str], looked: Iterable[str], releases: Sequence[str]) -> str:
    """Return cells among those `looked` at by release, as `0.48.0 - 0.56.4, 0.58.1 [cp38]`.

    A release that was looked at and is not among them ends a range; Pythons are named where only
    some of a release's are.
    """
    there, chosen = _tags(looked), _tags(cells)
    runs: list[tuple[list[str], tuple[str, ...]]] = []
    before: tuple[str, ...] | None = None
    for release, tags in there.items():
        some = chosen.get(release)
        only = () if some == tags else some
        if only is not None and only == before:
            runs[-1][0].append(release)
        elif only is not None:
            runs.append(([release], only))
        before = only
    return ", ".join(
        str(Stretch.over(run, releases)) + (f" [{', '.join(only)}]" if only else "")
        for run, only in runs
    )


def _tags(cells: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the Pythons of cells by release, both in order."""
    found: dict[str, tuple[str, ...]] = {}
    for cell in sorted(cells, key=lambda cell: parse_cell(cell).key):
        release, _, tag = cell.rpartition("-")
        found[release] = (*found.get(release, ()), tag)
    return found


def story(probe: str, found: Sequence[Span]) -> list[str]:
    """Return what changed where, one line per change, or one line saying that nothing did."""
    if len(found) == 1:
        lines = [f"{probe}: {found[0]} in every release looked at: {found[0].releases}"]
    else:
        lines = [f"{probe}: {found[0]} in {found[0].releases}"]
        lines += [f"  since {span.since}: {span} in {span.releases}" for span in found[1:]]
    return [*lines, LEGEND] if any(span.releases.has_gaps for span in found) else lines
