"""Find the release where a probe's outcome changed, looking at as few releases as it takes.

In: a cell per release, oldest first, and a way to look at some of them. Out: what was seen. Pure:
what looking means is the caller's business.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..model.outcome import Result
from .changes import Span, spans
from .judge import same_result

# Returns what the probe did in each of these cells that ran.
Look = Callable[[Sequence[str]], Mapping[str, Result]]


def bisect(
    cells: Sequence[str], look: Look, known: Mapping[str, Result] | None = None
) -> dict[str, Result]:
    """Return what a probe did in as few of `cells` (one per release, oldest first) as it takes.

    Both ends and the middle are looked at first. Between two neighbours that differ the middle is
    looked at, until nothing lies between them. What is `known` is not looked at again. Where an
    outcome goes and comes back, halving may have stepped over more of the kind, so all are looked
    at.
    """
    seen = dict(known or {})
    tried = {i for i, cell in enumerate(cells) if cell in seen}
    wanted = ({0, len(cells) // 2, len(cells) - 1} if cells else set()) - tried
    wanted = wanted or set(_middles(cells, seen, tried))
    while wanted:
        tried |= wanted
        seen.update(look([cells[i] for i in sorted(wanted)]))
        wanted = set(_middles(cells, seen, tried))
    if comes_back(spans(seen, ())):
        seen.update(look(cells))
    return seen


def _middles(cells: Sequence[str], seen: Mapping[str, Result], tried: set[int]) -> Iterator[int]:
    """Yield what lies halfway between neighbours that differ, cells that did not run left out."""
    at = [i for i, cell in enumerate(cells) if cell in seen]
    for left, right in itertools.pairwise(at):
        between = [i for i in range(left + 1, right) if i not in tried]
        if between and not same_result(seen[cells[left]], seen[cells[right]]):
            yield between[len(between) // 2]


def comes_back(found: Sequence[Span]) -> bool:
    """Whether some outcome is there, goes away and is there again."""
    outcomes = [str(span) for span in found]
    return len(set(outcomes)) < len(outcomes)
