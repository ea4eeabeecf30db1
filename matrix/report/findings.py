"""All that the reports show, worked out once for every format. Pure.

In: records, verdict, claims. Out: the `Findings`, and the lines that the terminal shows of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from packaging.version import Version

from ..experiments.overhead import plots
from ..experiments.overhead.summary import OverheadReport
from ..experiments.probe import Probe
from ..experiments.sharing import Shared
from ..judge.changes import LEGEND, Span, Stretch, spans
from ..judge.claims import Claim
from ..judge.judge import UNCLAIMED, Judgement, Verdict, results
from ..judge.patches import Effect, effects
from ..judge.reference.file import DIGITS
from ..model.cell import CellStatus, parse_cell, status_for
from ..model.outcome import Result
from ..model.record import CellRecord, Package, UpstreamResult, packages_of
from ..model.text import cut


class Column(msgspec.Struct, frozen=True):
    """Releases in which every probe did the same: one column of the table."""

    releases: Stretch
    cells: tuple[str, ...]


class Findings(msgspec.Struct, frozen=True):
    """All that a report shows, worked out once for every format.

    `against_base` is what each probe does under somebody's own Numba, against the cell `base`.
    """

    platform: str
    records: tuple[CellRecord, ...]
    probes: tuple[str, ...]
    verdict: Verdict
    by_probe: dict[str, dict[str, Result]]
    spans: dict[str, tuple[Span, ...]]
    columns: tuple[Column, ...]
    served: tuple[str, ...] = ()
    overhead: OverheadReport | None = None
    drawn: bool = False
    claims: dict[str, Claim] = {}
    sources: dict[str, str] = {}
    arguments: dict[str, tuple[str, ...]] = {}
    programs: dict[str, str] = {}  # the digest of each probe, by id
    # What differs from the reference, a line each; None where nothing was compared.
    changed: tuple[str, ...] | None = None
    is_reference: bool = False
    left_out: tuple[str, ...] = ()  # probes that are here and not in the reference
    shared: Shared | None = None
    base: str = ""
    against_base: tuple[Effect, ...] = ()
    own: bool = False
    beyond: frozenset[str] = frozenset()  # cells that nobody selected, told for what they lack

    @property
    def judged(self) -> bool:
        """Whether anything was looked at: of nothing no claim holds."""
        return bool(self.verdict.judgements)

    @property
    def ran(self) -> tuple[CellRecord, ...]:
        """The cells with observations."""
        return tuple(r for r in self.records if r.status is CellStatus.RAN)

    @property
    def unseen(self) -> int:
        """In how many squares of the cells that ran nothing is known of the probe."""
        return sum(r.cell not in self.by_probe[p] for r in self.ran for p in self.probes)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What patches change, against the probes without them."""
        return effects(self.by_probe)

    @property
    def not_run(self) -> tuple[CellRecord, ...]:
        """The cells without."""
        return tuple(r for r in self.records if r.status is not CellStatus.RAN)

    @property
    def missing(self) -> tuple[CellRecord, ...]:
        """Those of them that were selected."""
        return tuple(record for record in self.not_run if record.cell not in self.beyond)

    @property
    def lacking(self) -> list[tuple[str, str, str]]:
        """The probes whose needs could not be installed: cell, probe and why."""
        return [
            (record.cell, probe, cut(why, 600))
            for record in self.ran
            for probe, why in sorted(record.not_installable.items())
            if probe in self.probes and record.cell not in self.by_probe[probe]
        ]

    @property
    def seen_before(self) -> list[str]:
        """The probes whose needs could not be installed any more, as lines: told is what was."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for record in self.ran:
            for probe, why in sorted(record.not_installable.items()):
                if probe in self.probes and record.cell in self.by_probe[probe]:
                    grouped.setdefault((record.cell, why), []).append(probe)
        return [
            f"{cell} {probe}{f' and {len(more)} more' if more else ''};"
            f" since then {status_for(why)}, {cut(why, 600)}"
            for (cell, why), (probe, *more) in grouped.items()
        ]

    @property
    def packages(self) -> list[str]:
        """What was asked to be installed for probes, and in which releases it was which."""
        found: dict[Package, list[str]] = {}
        for record in self.ran:
            for package in packages_of(record):
                if package.asked:
                    found.setdefault(package, []).append(record.numba)
        return [
            f"{package} in {Stretch.over(list(dict.fromkeys(releases)), self.served)}"
            for package, releases in sorted(found.items())
        ]

    @property
    def claimed(self) -> bool:
        """Whether anything is claimed of the probes, so that words may speak of it."""
        judged = self.verdict.judgements
        return bool(self.claims) or not (self.own or {j.kind for j in judged} == {UNCLAIMED})

    @property
    def differing(self) -> tuple[str, ...]:
        """The probes that did not do the same in all cells."""
        return tuple(p for p in self.probes if len(self.spans[p]) > 1 or self.mixed(p))

    @property
    def changes(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """The probes that differ and, as lines, how: those with one history together."""
        grouped: dict[tuple[str, ...], list[str]] = {}
        for probe in self.differing:
            history = tuple(f"{span.releases}: {span}" for span in self.spans[probe])
            grouped.setdefault(history, []).append(probe)
        return [(tuple(probes), history) for history, probes in grouped.items()]

    @property
    def legend(self) -> str:
        """What a range with gaps says, where one is shown."""
        shown = [column.releases for column in self.columns]
        shown += [span.releases for probe in self.differing for span in self.spans[probe]]
        return LEGEND if any(stretch.has_gaps for stretch in shown) else ""

    @property
    def differing_first(self) -> tuple[str, ...]:
        """All probes: those that differ, then the others."""
        differing = self.differing
        return (*differing, *(probe for probe in self.probes if probe not in differing))

    def mixed(self, probe: str) -> bool:
        """Whether a probe did different things on different Pythons of one release."""
        return any(len(span.results) > 1 for span in self.spans[probe])

    @property
    def failing(self) -> dict[str, list[Judgement]]:
        """The judgements that do not hold, by claim; those of release candidates are `early`."""
        broken: dict[str, list[Judgement]] = {}
        for judgement in self.verdict.judgements:
            if judgement.breaks:
                broken.setdefault(judgement.id, []).append(judgement)
        return broken

    @property
    def early(self) -> tuple[Judgement, ...]:
        """The claims that release candidates break."""
        return tuple(judgement for judgement in self.verdict.judgements if judgement.warns)

    @property
    def upstream(self) -> dict[str, dict[str, list[str]]]:
        """The cells of each of Numba's own suites, by what came of it there."""
        found: dict[str, dict[str, list[str]]] = {}
        for record in self.ran:
            for result in record.upstream:
                words = found.setdefault(result.suite, {})
                words.setdefault(_with_failures(result), []).append(record.cell)
        return found

    def seen(self, probe: str, column: Column) -> str:
        """Return what a probe did in a column, in few words."""
        ran = sum(1 for cell in column.cells if cell in self.by_probe[probe])
        if not ran:
            return "not run"
        first, last = Version(column.releases.first), Version(column.releases.last)
        # No probe changes within a column, so just one of its spans reaches into it.
        reaching = (
            span
            for span in self.spans[probe]
            if Version(span.releases.first) <= last and Version(span.releases.last) >= first
        )
        missing = len(column.cells) - ran
        return short(str(next(reaching))) + (f" (not run in {missing})" if missing else "")


def _with_failures(result: UpstreamResult) -> str:
    names = [name.removeprefix("numba.tests.") for name in result.failures]
    return f"{result} ({', '.join(names)})" if names else str(result)


def short(text: str) -> str:
    """Return an outcome as a table shows it: `crashed in warm (SIGSEGV)` stays, ` in ` goes."""
    return text.replace(" in ", " ").replace(" (", ": ").replace(")", "")


def findings(
    records: Sequence[CellRecord],
    probes: Sequence[str],
    verdict: Verdict,
    isolation: str,
    releases: Sequence[str],
) -> Findings:
    """Work out what the reports show. `releases` could all have been looked at, oldest first."""
    by_cell = {record.cell: results(record, isolation) for record in records}
    return of_results(records, by_cell, probes, verdict, releases)


def of_results(
    records: Sequence[CellRecord],
    did_in: Mapping[str, Mapping[str, Result]],
    probes: Sequence[str],
    verdict: Verdict,
    releases: Sequence[str],
) -> Findings:
    """Work it out from what each probe `did_in` each cell, by cell and probe."""
    ordered = tuple(sorted(records, key=lambda record: parse_cell(record.cell).key))
    by_cell = {record.cell: did_in.get(record.cell, {}) for record in ordered}
    by_probe = {
        probe: {cell: did[probe] for cell, did in by_cell.items() if probe in did}
        for probe in probes
    }
    changes = {probe: spans(did, releases) for probe, did in by_probe.items()}
    platform = ordered[0].platform if ordered else ""
    looked_at = [cell for cell in by_cell if any(cell in did for did in by_probe.values())]
    table = columns(looked_at, changes, releases)
    return Findings(
        platform, ordered, tuple(probes), verdict, by_probe, changes, table, tuple(releases)
    )


def with_overhead(found: Findings, overhead: OverheadReport | None, folder: Path) -> Findings:
    """Return the findings with what was measured, and whether its plots are in `folder`."""
    drawn = overhead is not None and plots.up_to_date(folder, overhead)
    return msgspec.structs.replace(found, overhead=overhead, drawn=drawn)


def with_claims(
    found: Findings,
    claims: Mapping[str, Claim] | None,
    probes: Iterable[Probe],
    *,
    own: bool = False,
    arguments: Mapping[str, tuple[str, ...]] = {},
) -> Findings:
    """Return the findings with what is claimed and the sources of the probes, a user's `own`.

    `arguments` are those of the functions of libraries, by `module.function`.
    """
    sources, programs = {}, {}
    for probe in probes:
        sources[probe.id] = probe.text
        programs[probe.id] = probe.sha256[:DIGITS]
    asked = {probe: claim for probe, claim in (claims or {}).items() if probe in sources}
    changed = {"claims": asked, "sources": sources, "programs": programs, "own": own}
    changed["arguments"] = dict(arguments)
    return msgspec.structs.replace(found, **changed)


def columns(
    cells: Sequence[str], changes: Mapping[str, Sequence[Span]], releases: Sequence[str]
) -> tuple[Column, ...]:
    """Return the fewest columns in which no probe changes."""
    starts = {span.releases.first for probe in changes.values() for span in probe}
    grouped: list[dict[str, list[str]]] = []
    for cell in cells:
        release = parse_cell(cell).release
        if not grouped or (release in starts and release not in grouped[-1]):
            grouped.append({})
        grouped[-1].setdefault(release, []).append(cell)
    return tuple(
        Column(Stretch.over(list(members), releases), tuple(itertools.chain(*members.values())))
        for members in grouped
    )
