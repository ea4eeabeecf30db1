"""`nox -s claims`: claim of a user's own probes what was observed of them.

In: what is stored. Out: a claims.toml in their folder that covers every cell, and that what is
stored keeps; whole or not at all.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from ... import options as asked
from ...errors import BadInput, MatrixError, NothingToRun, Status
from ...judge import claims as claims_file
from ...judge.claims import Claim, Expectation, Kind
from ...judge.judge import judge, results, same_result
from ...judge.rules import RULES
from ...model.cell import CellStatus, parse_cell
from ...model.files import write_atomically
from ...model.outcome import GOOD, HARM, Outcome, Result
from ...model.record import CellRecord, chosen
from ...model.text import counted
from ...project import Project, every_pair, read_project
from ...report.terminal import say
from ...select.machine import default_isolation

T = TypeVar("T")
NOT_CACHED = HARM[Outcome.RECOMPILED]
WELL = "it did well when this was written"
# What nobody can take for a reason: it is for whoever has the folder to write one.
TODO = "TODO: say why; so far it was only observed"
AGAINST = "TODO: say why the rule does not hold here; so far that was only observed"


class Did(msgspec.Struct, frozen=True):
    """What a probe did in a cell, and whether that is against the rule."""

    result: Result
    against: bool

    def is_like(self, other: Did) -> bool:
        """Whether one expectation can be about both."""
        return self.against == other.against and same_result(self.result, other.result)


def claims(o: asked.Claims) -> int:
    """Write a claims.toml from what is stored.

    Raises:
        BadInput: no folder is named, or it has a claims.toml and that was not to be replaced.
        NothingToRun: nothing is stored of these probes.
    """
    if o.probes is None:
        raise BadInput("nox -s claims -- --probes DIR: name the folder of your own probes")
    path = o.probes / "claims.toml"
    if path.exists() and not o.replace:
        raise BadInput(f"{path} is there already; edit it, or write it anew with --replace")
    project = read_project(o.state, o.probes, claimed=False)
    stored = (project.record(cell, project.probes, say) for cell in project.stored_cells)
    records = [r for r in stored if r and r.status is CellStatus.RAN]
    records.sort(key=lambda record: parse_cell(record.cell).key)
    seen = [_seen(record) for record in records]
    ids = [p.id for p in project.probes if any(p.id in did for did in seen)]
    if not ids:
        raise NothingToRun(f"nothing is stored of {o.probes}; run `nox -s matrix` with it first")
    text = "\n".join(_entry(probe, _claim(probe, records, seen)) for probe in ids)
    _refuse_what_parts_otherwise(project, text, records, ids, path)
    write_atomically(path, text)
    unseen = len(project.probes) - len(ids)
    more = f"; of {counted(unseen, 'probe')} nothing is stored" if unseen else ""
    told = f"{counted(len(ids), 'probe')} claimed as observed in {counted(len(records), 'cell')}"
    say(f"{path}: {told}{more}")
    if (unexplained := text.count('"TODO: ')) > 0:
        say(f"{counted(unexplained, 'reason')} in it say TODO: write there why that is so")
    return Status.HOLDS


def _refuse_what_parts_otherwise(
    project: Project, text: str, records: Sequence[CellRecord], ids: Sequence[str], path: Path
) -> None:
    """Raise MatrixError unless what is stored keeps these claims, read as they would be."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "claims.toml"
        draft.write_text(text, encoding="utf-8")
        written = claims_file.load(
            draft, [p.id for p in project.probes], every_pair(project.releases), own=True
        )
    verdict = judge(records, ids, written, default_isolation(), whole=False)
    if not verdict.holds:
        broken = [j.probe for j in verdict.judgements if j.breaks] + [
            u.probe for u in verdict.unlike
        ]
        raise MatrixError(
            f"{path} is not written: {broken[0]} did not do the same in cells that no range of"
            " releases and Pythons parts; claim it by hand"
        )


def _seen(record: CellRecord) -> dict[str, Did]:
    """Return what each probe did in a cell."""
    kept, found = chosen(record, default_isolation()), {}
    for probe, result in results(record, default_isolation()).items():
        rule = RULES.get(kept[probe].carrier)
        against = rule is not None and rule.holds(kept[probe], result) is False
        found[probe] = Did(result, against)
    return found


def _claim(probe: str, records: Sequence[CellRecord], seen: Sequence[Mapping[str, Did]]) -> Claim:
    did: dict[str, dict[str, Did]] = {}
    for record, there in zip(records, seen, strict=True):
        if probe in there:
            did.setdefault(record.numba, {})[parse_cell(record.cell).python] = there[probe]
    expect = tuple(_expectations(did))
    good = all(expectation.outcome in GOOD for expectation in expect)
    # That each process compiles it again, with the right value, is no defect of what is claimed.
    harmless = all(HARM[expectation.outcome] <= NOT_CACHED for expectation in expect)
    return Claim(Kind.PROMISE if harmless else Kind.HAZARD, WELL if good else TODO, expect)


def _expectations(did: Mapping[str, Mapping[str, Did]]) -> Iterator[Expectation]:
    """Yield what to expect, range by range of releases and, where they differ, of Pythons."""
    for releases, first in _ranges(did, _same):
        for pythons, python in _ranges(did[first], lambda one, other: one.is_like(other)):
            one = did[first][python]
            result, good = one.result, one.result.outcome in GOOD
            yield Expectation(
                result.outcome, releases, pythons,
                phase=None if good else result.phase,
                detail=result.detail or None,
                against_rule=AGAINST if one.against else "",
            )  # fmt: skip


def _same(one: Mapping[str, Did], other: Mapping[str, Did]) -> bool:
    """Whether two releases did the same: on all their Pythons, or the same on each of them."""
    every = [*one.values(), *other.values()]
    if all(did.is_like(every[0]) for did in every):
        return True
    return one.keys() == other.keys() and all(one[p].is_like(other[p]) for p in one)


def _ranges(did: Mapping[str, T], same: Callable[[T, T], bool]) -> Iterator[tuple[str, str]]:
    """Yield specifiers that part all versions where what was done changes, each with its first."""
    versions = list(did)
    starts = [v for v, before in zip(versions[1:], versions, strict=False)
              if not same(did[before], did[v])]  # fmt: skip
    for first, until in itertools.pairwise((versions[0], *starts, "")):
        lower = f">={first}" if first != versions[0] else ""
        yield ",".join(filter(None, (lower, f"<{until}" if until else ""))), first


def _entry(probe: str, claim: Claim) -> str:
    lines = [f"[{_quoted(probe)}]", f"kind = {_quoted(claim.kind)}", f"why = {_quoted(claim.why)}"]
    shown = [_expectation(expectation) for expectation in claim.expect]
    if len(shown) == 1:
        return "\n".join([*lines, f"expect = [{shown[0]}]", ""])
    return "\n".join([*lines, "expect = [", *(f"    {one}," for one in shown), "]", ""])


def _expectation(expectation: Expectation) -> str:
    given = {
        name: value
        for name in expectation.__struct_fields__
        if (value := getattr(expectation, name)) not in (None, "")
    }
    return "{ " + ", ".join(f"{name} = {_quoted(value)}" for name, value in given.items()) + " }"


def _quoted(text: str) -> str:
    """Return a string as TOML has it, which JSON's are but for letters beyond its first plane."""
    return json.dumps(str(text), ensure_ascii=False)
