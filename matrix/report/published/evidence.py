"""What patches to Numba change, by the reference: the table of UPSTREAM.md. Pure.

In: `Findings` of the reference. Out: Markdown, a row for all probes of one history.
"""

from __future__ import annotations

import itertools

from ...judge.changes import Stretch
from ...model.text import table_cell
from ..findings import Findings
from .drawn import in_markdown, placed

PATCHES = {"guard": "with the guard", "remedy": "with the remedy"}


def upstream(text: str, found: Findings) -> str:
    """Return UPSTREAM.md's text with its evidence as it is; raises BadInput."""
    looked = list(dict.fromkeys(record.numba for record in found.ran))
    seen = f"Seen in {len(found.ran)} cells of {Stretch.over(looked, found.served)} on"
    return placed("UPSTREAM.md", text, f"{seen} {found.platform}:\n\n{table(found)}")


def table(found: Findings) -> str:
    """Return what was seen without a patch and under each, of every probe run under one."""
    of_history: dict[tuple[str, ...], list[str]] = {}
    for probe in sorted({probe.partition("@")[0] for probe in found.probes if "@" in probe}):
        ids = (probe, *(f"{probe}@{patch}" for patch in PATCHES))
        of_history.setdefault(tuple(_told(found, seen) for seen in ids), []).append(probe)
    rows = [["probes", "without", *PATCHES.values()]]
    rows += [[_listed(probes), *history] for history, probes in of_history.items()]
    return in_markdown(rows)


def _told(found: Findings, probe: str) -> str:
    """Return what a probe did, in all releases or by ranges of them; a dash if it was not run."""
    spans = found.spans.get(probe, ())
    told = "; ".join(f"{span}, {span.releases}" if len(spans) > 1 else str(span) for span in spans)
    return str(table_cell(told)) if told else "-"


def _listed(probes: list[str]) -> str:
    """Read as `` `aot/` plain, self_helper``."""
    by_carrier = itertools.groupby(probes, key=lambda probe: probe.partition("/")[0])
    return "; ".join(
        f"`{carrier}/` {', '.join(str(table_cell(p.partition('/')[2])) for p in members)}"
        for carrier, members in by_carrier
    )
