"""Claims held against observations. Pure: nothing is run, stored records can be judged again.

In: the claims, the records of the cells. Out: a `Verdict`, with a judgement per claim and cell and
the probes that did not do the same in all cells they are claimed to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..model.cell import CellStatus, parse_cell
from ..model.outcome import GOOD, Outcome, Result, raced, result_of, same_value, truth_of
from ..model.record import CellRecord, Phase, ProbeRecord, chosen
from ..model.text import brief
from . import rules
from .claims import Claim, fixed_in
from .rules import ISOLATION, both_ways, differences

# The kind of a judgement where nobody claims anything of the probe.
UNCLAIMED = "unclaimed"


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """One claim in one cell: whether it holds, and what was seen there."""

    id: str
    probe: str
    cell: str
    kind: str
    holds: bool
    says: str
    issue: str = ""

    @property
    def warns(self) -> bool:
        """Whether a release candidate breaks the claim: an early warning, which fails nothing."""
        return not self.holds and parse_cell(self.cell).is_candidate

    @property
    def breaks(self) -> bool:
        """Whether a release that people use breaks the claim."""
        return not self.holds and not self.warns


class Group(msgspec.Struct, frozen=True):
    """Cells in which a probe did the same."""

    result: Result
    cells: tuple[str, ...]


class Unlike(msgspec.Struct, frozen=True):
    """A probe that did not do the same in all cells that one expectation is about."""

    probe: str
    groups: tuple[Group, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What the claims come to."""

    judgements: tuple[Judgement, ...]
    unlike: tuple[Unlike, ...]

    @property
    def holds(self) -> bool:
        """Whether every claim holds in every cell, and cells that must be alike are."""
        return not any(judgement.breaks for judgement in self.judgements) and not self.unlike


def results(record: CellRecord, isolation: str) -> dict[str, Result]:
    """Return what each probe did in a cell, by probe id, as seen with `isolation`.

    Raises ValueError when a stored probe is not a whole run.
    """
    if record.status is not CellStatus.RAN:
        return {}
    return {probe: result_of(kept) for probe, kept in chosen(record, isolation).items()}


def judge(
    records: Sequence[CellRecord],
    probes: Sequence[str],
    claims: Mapping[str, Claim] | None,
    isolation: str,
    *,
    whole: bool = True,
) -> Verdict:
    """Hold the claims about `probes` against the records; without one, a probe has to do well.

    With isolation `both` what was seen exec'd is what counts, and forked must have been the same.
    What was not seen of a cell breaks its claim if the cells were to be `whole`; else it is passed
    over. Of what ran under a patch only that is judged of which something is claimed.
    """
    probes = [probe for probe in probes if "@" not in probe or (claims and probe in claims)]
    judgements: list[Judgement] = []
    seen: dict[str, dict[str, Result]] = {}
    for record in sorted(records, key=lambda record: parse_cell(record.cell).key):
        if record.status is CellStatus.RAN:
            seen[record.cell] = results(record, isolation)
            there = {*chosen(record, isolation)}
            there |= {*probes} - {*record.not_installable} if whole else set()
            wanted = [probe for probe in probes if probe in there]
            judgements += _of_cell(record, wanted, seen[record.cell], claims, isolation)
    claimed = [(probe, claims[probe]) for probe in probes if claims and probe in claims]
    unlike = [u for probe, claim in claimed for u in unlike_in(probe, seen, claim)]
    # The cells were in order: they stay so within a claim.
    ordered = sorted(judgements, key=lambda judgement: judgement.id)
    return Verdict(tuple(ordered), tuple(unlike))


def _of_cell(
    record: CellRecord,
    probes: Sequence[str],
    did: Mapping[str, Result],
    claims: Mapping[str, Claim] | None,
    isolation: str,
) -> Iterator[Judgement]:
    """Yield what is judged in one cell: each claim, each rule, and that both isolations agree."""
    kept, both = chosen(record, isolation), isolation == "both"
    for probe in probes:
        yield _judgement(record.cell, probe, kept.get(probe), did.get(probe), claims)
        ruled = claims and probe in claims and probe in kept and "@" not in probe
        if claims and ruled and (judged := _rule(record.cell, kept[probe], did[probe], claims)):
            yield judged
        if both:
            yield _isolated(record, probe, ISOLATION if claims else UNCLAIMED)


def _judgement(
    cell: str,
    probe: str,
    record: ProbeRecord | None,
    result: Result | None,
    claims: Mapping[str, Claim] | None,
) -> Judgement:
    claim = claims.get(probe) if claims else None
    kind = str(claim.kind) if claim else UNCLAIMED
    issue = claim.issue if claim else ""
    if record is None or result is None:
        return Judgement(probe, probe, cell, kind, holds=False, says="it did not run", issue=issue)
    wanted = claim.expectation(parse_cell(cell)) if claim else None
    holds = wanted.met_by(result) if wanted else result.outcome in GOOD
    says = str(result)
    if not holds:
        says += f"; claimed: {wanted}" if wanted else ""
        if claim and fixed_in(claim, result):
            says += "; the hazard is gone here, so the claim wants editing"
        says += _evidence(record, result)
    # The same few words for ten thousands of squares.
    return Judgement(probe, probe, cell, kind, holds, sys.intern(says), issue)


def _rule(
    cell: str, record: ProbeRecord, result: Result, claims: Mapping[str, Claim]
) -> Judgement | None:
    """Return whether the rule holds of a probe, or fails where its claim says it must fail."""
    rule = rules.RULES.get(record.carrier)
    found = rule.holds(record, result) if rule else None
    if rule is None or found is None:
        return None
    excuse = claims[record.id].expectation(parse_cell(cell)).against_rule
    says = rule.says(record, result)
    if excuse:
        says += f" (claimed against the rule: {excuse})"
    name, says = sys.intern(f"{record.id} {rule.name}"), sys.intern(says)
    return Judgement(name, record.id, cell, "rule", found != bool(excuse), says)


def _isolated(record: CellRecord, probe: str, kind: str) -> Judgement:
    """Return whether a probe did the same exec'd and forked."""
    stored = both_ways(record, probe)
    found = differences(*stored) if stored else ["it was not run both ways"]
    says = "; ".join(found) or "the same exec'd and forked"
    return Judgement(f"{probe} {ISOLATION}", probe, record.cell, kind, not found, says)


def _evidence(record: ProbeRecord, result: Result) -> str:
    """Return what a reader needs beside the outcome to believe it: values, counters, messages."""
    phase = next(p for p in reversed(record.phases) if p.name == result.phase)
    if phase.name == "race" and phase.status == "answered":
        found = raced(phase)
        if found.order == result.detail:  # which names it already, of one that is poisoned
            found = msgspec.structs.replace(found, order="")
        return f"; {found}"
    truth = truth_of(record, phase)
    if result.outcome in (Outcome.WRONG, Outcome.STALE):
        return f"; value {brief(phase.value)} where {truth.name} gave {brief(truth.value)}"
    if result.outcome is Outcome.RECOMPILED:
        return f"; {_counters(phase)}"
    said = phase.stderr if phase.exception is None else phase.message or ""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    return f"; {line[:160]}" if line else ""


def _counters(phase: Phase) -> str:
    changed = "changed" if phase.files_before != phase.files_after else "unchanged"
    return (
        f"{phase.hits} hits, {phase.misses} misses, {phase.compiled} compiled, data files {changed}"
    )


def unlike_in(probe: str, seen: Mapping[str, Mapping[str, Result]], claim: Claim) -> list[Unlike]:
    """Return the expectations of a probe whose cells did not all do the same.

    Candidates are left out: what they break is said already, and differing is no more than that.
    """
    found = []
    for expectation in claim.expect:
        cells = [
            (cell, did[probe])
            for cell, did in seen.items()
            if probe in did
            and expectation.covers(parse_cell(cell))
            and not parse_cell(cell).is_candidate
        ]
        groups = alike(cells)
        if len(groups) > 1:
            found.append(Unlike(probe, groups))
    return found


def alike(cells: Sequence[tuple[str, Result]]) -> tuple[Group, ...]:
    """Return the cells grouped by what happened in them, the largest group first."""
    groups: list[tuple[Result, list[str]]] = []
    for cell, result in cells:
        for known, members in groups:
            if same_result(known, result):
                members.append(cell)
                break
        else:
            groups.append((result, [cell]))
    groups.sort(key=lambda group: -len(group[1]))
    return tuple(Group(result, tuple(members)) for result, members in groups)


def same_result(one: Result, other: Result) -> bool:
    """Whether outcome, phase, detail and value are the same."""
    return (
        one.outcome == other.outcome
        and one.phase == other.phase
        and one.detail == other.detail
        and same_value(one.value, other.value)
    )
