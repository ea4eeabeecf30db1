"""Where outcomes changed from one release to the next. Pure; used by the report and by bisect.

In: what a probe did, release by release. Out: `Span`s of releases that did the same, in order.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import msgspec
from packaging.version import Version

from matrix.cells import parse_cell
from matrix.judge import alike, same_result
from matrix.outcome import Result


class Span(msgspec.Struct, frozen=True):
    """Consecutive releases in which a probe did the same. `results` differ only by Python."""

    first: str
    last: str
    results: tuple[tuple[Result, tuple[str, ...]], ...]

    def __str__(self) -> str:
        """Read as `hit`, or, where Pythons differ, as `hit (cp38, cp39); raised ... (cp311)`."""
        if len(self.results) == 1:
            return str(self.results[0][0])
        return "; ".join(f"{result} [{', '.join(tags)}]" for result, tags in self.results)

    @property
    def releases(self) -> str:
        """Read as `0.57.0` or `0.48.0 - 0.56.4`."""
        return self.first if self.first == self.last else f"{self.first} - {self.last}"


def spans(cells: Mapping[str, Result]) -> tuple[Span, ...]:
    """Return the spans of one probe, given what it did by cell id, oldest release first."""
    by_release: dict[str, list[tuple[str, Result]]] = {}
    for cell, result in sorted(cells.items(), key=lambda item: parse_cell(item[0]).key):
        by_release.setdefault(parse_cell(cell).release, []).append((cell, result))
    found: list[Span] = []
    for release in sorted(by_release, key=Version):
        groups = alike(by_release[release])
        results = tuple((g.result, tuple(c.rpartition("-")[2] for c in g.cells)) for g in groups)
        if found and _same(found[-1].results, results):
            found[-1] = msgspec.structs.replace(found[-1], last=release)
        else:
            found.append(Span(release, release, results))
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


def story(probe: str, found: Sequence[Span]) -> list[str]:
    """Return what changed where, one line per change, or one line saying that nothing did."""
    if len(found) == 1:
        return [f"{probe}: {found[0]} on every release looked at ({found[0].releases})"]
    lines = [f"{probe}: {found[0]} up to {found[0].last}"]
    for before, after in itertools.pairwise(found):
        lines.append(f"  since {after.first}: {after} (was {before} in {before.last})")
    return lines
