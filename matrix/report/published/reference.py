"""The reference as what the reports show. Pure.

In: the committed reference, claims and probes. Out: `Findings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...experiments.probe import Probe
from ...judge.claims import Claim
from ...judge.reference.compare import judged
from ...judge.reference.file import Reference
from ..findings import Findings, of_results, with_claims


def of_reference(
    reference: Reference,
    claims: Mapping[str, Claim],
    probes: Sequence[Probe],
    releases: Sequence[str],
) -> Findings:
    """Work out what the reports show of the reference.

    Of a probe that is not what it was then nothing is known, as what is known is of another
    program. It is there all the same: its shape is not safe for what nobody saw of it.
    """
    here = [
        probe
        for probe in probes
        if probe.id in reference.probes and reference.probes[probe.id].is_of(probe.sha256)
    ]
    did = reference.results()
    by_cell = {
        cell: {p.id: did[p.id][cell] for p in here if cell in did[p.id]} for cell in reference.cells
    }
    given = judged(reference, {probe.id: claims[probe.id] for probe in here})
    ids = [probe.id for probe in probes]
    found = of_results(reference.records(), by_cell, ids, given, releases)
    found = with_claims(found, claims, probes)
    left_out = tuple(probe.id for probe in probes if probe not in here)
    return msgspec.structs.replace(
        found, is_reference=True, left_out=left_out, beyond=frozenset(reference.absent)
    )
