"""What the terminal says at the end: what is not as claimed, the verdict, where the page is.

In: `Findings`. Out: lines; the whole table only where it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from ...judge.changes import LEGEND
from ...judge.patches import Change, Effect, broken, tally
from ...model.cell import status_for
from ...model.record import CellRecord, chosen
from ...model.text import counted, cut
from ..findings import Findings
from ..lines.failures import Failure, failures, missing, stories, warnings
from ..lines.sentence import sentence
from ..lines.table import table
from . import width
from .square import continued

ON_A_PIPE = 120  # columns of a table, where there is no terminal to fit


def conclusion(
    found: Findings,
    folder: Path,
    *,
    whole: bool = False,
    differing: Sequence[str] = (),
    asking: Callable[[CellRecord, str], str] = lambda _cell, _probe: "",
) -> Iterator[str]:
    """Yield what the terminal shows, as lines: the `whole` table before all else, if wanted.

    `differing`: what the reference says otherwise, a line each. `asking`: the command that says why
    a probe does what it does in a cell, if there is one.
    """
    if found.ran and whole:
        yield from ("", *table(found, width() or ON_A_PIPE).split("\n"))
    failing = failures(found)
    yield from _told(found, failing, asking)
    yield from (f"unlike the reference, {line}" for line in differing)
    for cells, why in missing(found.missing, found):
        yield f"NOT RUN {cells}: {why}"
    for cell, probe, why in found.lacking:
        yield f"NOT RUN {cell} {probe}: {status_for(why)}, {why}"
    yield from (f"AS SEEN BEFORE {line}" for line in found.seen_before)
    yield from (f"with {line}" for line in found.packages)
    for warning in warnings(found):
        yield f"EARLY WARNING {warning}"
        yield from (f"  {line}" for line in warning.more)
    if not found.ran:
        yield sentence(found)
        return
    if (whole and found.legend) or any(" .. " in line for line in (*map(str, failing), *differing)):
        yield LEGEND
    yield ""
    yield sentence(found)
    yield f"page: {shortest(folder / 'index.html')}"


def patch_lines(found: Findings, isolation: str, suites: Collection[str]) -> Iterator[str]:
    """Yield what the terminal shows of patches: every change, the worst last, and how many.

    `suites` are those of Numba's own that were asked for.

    What a patch raised is said once.
    """
    told = {""}
    for effect in reversed(found.effects):
        if effect.change is not Change.UNCHANGED:
            yield effect.line(found.served)
            if (message := _raised(found, effect, isolation)) not in told:
                yield f"  {message}"
                told.add(message)
    worse = broken(found.ran, suites)
    for (suite, how), cells in worse.items():
        yield f"{Change.WORSE}: Numba's own {suite}: {how}, {', '.join(cells)}"
    yield f"under the patch: {tally(found.effects)}"
    if under := [name for name in suites if "@" in name and name in found.upstream]:
        number = len({suite for suite, _ in worse}) or "none"
        yield f"Numba's own tests under it: {counted(len(under), 'suite')}, {number} worse"


def _raised(found: Findings, effect: Effect, isolation: str) -> str:
    """Return the first line of what the patch itself raised, if it did."""
    record = next(record for record in found.ran if record.cell == effect.cells[0])
    phase = chosen(record, isolation)[effect.probe].phases[-1]
    return cut(next(iter((phase.message or "").splitlines()), "")) if phase.name == "patch" else ""


def shortest(path: Path) -> str:
    """Return a path from where we are, if it lies below that."""
    here = Path(os.path.realpath("."))
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _told(
    found: Findings, failing: Sequence[Failure], asking: Callable[[CellRecord, str], str]
) -> Iterator[str]:
    """Yield the failures; what belongs to a claim as a whole stands below its last line."""
    told: set[str] = set()
    for number, failure in enumerate(failing):
        yield str(failure)
        yield from (f"  {line}" for line in failure.more)
        record = next((one for one in found.ran if one.cell == failure.cells[0]), None)
        if record and (command := asking(record, failure.id)):
            yield "  check it:"
            yield from continued(command, width() or len(command) + 9, "    ").split("\n")
        if [failure.id] == [after.id for after in failing[number + 1 : number + 2]]:
            continue
        probe = failure.id.partition(" ")[0]
        if probe not in told:
            yield from (f"  {line.strip()}" for line in stories(found, probe))
        told.add(probe)
        if failure.issue:
            yield f"  upstream: {failure.issue}"
