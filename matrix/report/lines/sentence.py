"""The verdict in one sentence, the same on the terminal, in report.md and on the page. Pure.

In: `Findings`. Out: text that claims no more than what was looked at, and says what was not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...judge.judge import UNCLAIMED
from ...judge.patches import tally
from ...model.text import counted
from ..findings import Findings


def sentence(found: Findings) -> str:
    """Read as `every claim holds: 17 probes in 2 cells`."""
    if not found.ran:
        return "no cell ran: nothing is known"
    if found.base:
        return f"somebody's own Numba against {found.base}: {tally(found.against_base)}"
    if not found.judged:
        cells = counted(len(found.ran), "cell")
        told = f"nothing was looked at: nothing is known of what was asked for in {cells}"
        return "; ".join([told, *_not_looked_at(found)])
    return "; ".join([_judged(found), *_not_looked_at(found)])


def begun(found: Findings) -> str:
    """Return it as what a text begins with."""
    told = sentence(found)
    return told[:1].upper() + told[1:]


def _judged(found: Findings) -> str:
    words = _well(found) if found.verdict.holds else _not_well(found)
    if found.verdict.unlike:
        words += f", {counted(len(found.verdict.unlike), 'probe is', 'probes are')} not alike"
        words += " in all cells"
    if found.early:
        early = counted(len(found.early), "early warning")
        words += f" on stable releases, {early} from candidates"
    looked_at = [probe for probe in found.probes if found.by_probe[probe]]
    seen = f"{counted(len(looked_at), 'probe')} in {counted(len(found.ran), 'cell')}"
    # Of what was looked at, not of what fails: "1 claim does not hold: 72 probes" reads as 72.
    return f"{words}: {seen}" if found.verdict.holds else f"{words} ({seen} looked at)"


def _not_looked_at(found: Findings) -> Iterator[str]:
    if found.missing:
        yield f"{counted(len(found.missing), 'selected cell')} did not run"
    if found.unseen:
        yield f"{counted(found.unseen, 'square was', 'squares were')} not run"
    if found.left_out:
        since = "that came or changed since"
        number = counted(len(found.left_out), f"program {since} was", f"programs {since} were")
        yield f"{number} not looked at"


def _well(found: Findings) -> str:
    """Return what to say where all did as they should."""
    looked_at = " that was looked at" if found.unseen else ""
    if not found.claimed:
        return f"every probe{looked_at} does well"
    others = any(j.kind == UNCLAIMED for j in found.verdict.judgements)
    more = ", and every other probe does well" if others else ""
    return f"every claim{looked_at} holds{more}"


def _not_well(found: Findings) -> str:
    """Return what to say where some did not."""
    unclaimed = sum(broken[0].kind == UNCLAIMED for broken in found.failing.values())
    claimed = len(found.failing) - unclaimed
    words = [counted(claimed, "claim does", "claims do") + " not hold"] if claimed else []
    if unclaimed:
        words.append(counted(unclaimed, "probe does", "probes do") + " not do well")
    return ", ".join(words) or ("0 claims do not hold" if found.claimed else "nothing fails")
