"""The claims: what every probe must do, on which releases, and why.

In: `claims.toml`, the probes and the releases it may speak of. Out: a `Claim` per probe. A claim
that matches nothing, overlaps itself or leaves a release out is an error, not a silence.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from ..errors import BadInput, nearest
from ..model.cell import Cell
from ..model.files import read_toml
from ..model.outcome import GOOD, Outcome, Result
from ..model.record import PATCH, PHASES

KNOWN_PHASES = tuple(dict.fromkeys((*itertools.chain(*PHASES.values()), PATCH)))

# Right for who wrote the cache, wrong for who loads it, and nothing is said.
SILENT = (Outcome.STALE, Outcome.POISONED)

REMEDY = "under the remedy no open symbol leaves the process that compiles it"
NOT_CURED = "the remedy leaves no symbol open, and what an index is asked for and notices as it is"
GUARD = "to store nothing that holds an open symbol is not enough: stored callers hold copies"


class Kind(StrEnum):
    """A promise is behaviour users rely on, a hazard a known defect."""

    PROMISE = "promise"
    HAZARD = "hazard"


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a probe must do on `releases` (a specifier; all when empty) and `pythons` (the same).

    `phase` and `detail` are held against what happened only where they are given. `against_rule`
    says why the rule of `matrix.rule` does not hold there; without it, it must. `why` says why it
    does that, where neither this nor the claim's own reason does.
    """

    outcome: Outcome
    releases: str = ""
    pythons: str = ""
    phase: str | None = None
    detail: str | None = None
    against_rule: str = ""
    why: str = ""

    @property
    def reason(self) -> str:
        """Why it does that there, where the claim's own reason does not say it, or ""."""
        return self.why or self.against_rule

    def covers(self, cell: Cell) -> bool:
        """Whether this expectation is about the cell."""
        return _contains(self.releases, cell.release) and _contains(self.pythons, cell.python)

    def met_by(self, result: Result) -> bool:
        """Whether what happened is what is expected."""
        return (
            result.outcome == self.outcome
            and self.phase in (None, result.phase)
            and self.detail in (None, result.detail)
        )

    def __str__(self) -> str:
        """Read as a `Result` reads, so that both can stand side by side."""
        return str(Result(self.outcome, self.phase or "any phase", self.detail or ""))


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is claimed of one probe. A hazard names its upstream `issue` and its `workarounds`.

    `remedy` and `guard`: what the probe must do under that patch, where it is run under it.
    """

    kind: Kind
    why: str
    expect: tuple[Expectation, ...]
    issue: str = ""
    workarounds: tuple[str, ...] = ()
    remedy: tuple[Expectation, ...] = ()
    guard: tuple[Expectation, ...] = ()

    @property
    def hoped(self) -> bool:
        """Whether anybody relies on it: that a runaway recursion is refused is as it should be."""
        return self.kind is Kind.HAZARD or any(e.outcome in GOOD for e in self.expect)

    def under_patches(self, probe: str) -> Iterator[tuple[str, Claim]]:
        """Yield what is claimed of the probe under the patches that come with the suite."""
        if self.remedy and any(e.outcome in GOOD for e in self.remedy):
            yield f"{probe}@remedy", Claim(Kind.PROMISE, REMEDY, self.remedy, self.issue)
        elif self.remedy:
            left = Claim(Kind.HAZARD, NOT_CURED, self.remedy, self.issue, self.workarounds)
            yield f"{probe}@remedy", left
        if self.guard:
            cured = (f"{probe}@remedy",)
            yield f"{probe}@guard", Claim(Kind.HAZARD, GUARD, self.guard, self.issue, cured)

    def expectation(self, cell: Cell) -> Expectation:
        """Return the one expectation about `cell`; loading made sure that there is one."""
        return next(e for e in self.expect if e.covers(cell))

    def reason(self, cell: Cell, result: Result) -> str:
        """Return why it does not do well in `cell`, where that is not what `why` is about.

        It is empty where it does well, or something else than is claimed.
        """
        expected = self.expectation(cell)
        if result.outcome in GOOD or not expected.met_by(result):
            return ""
        return expected.reason


def load(
    path: Path, probes: Iterable[str], cells: Iterable[Cell], *, own: bool = False
) -> dict[str, Claim]:
    """Read the claims, by probe id, and hold them against the probes and cells there are.

    Where they are a user's `own`, a probe may have none, and a hazard no thread and no workaround.

    Raises:
        BadInput: naming the entry and what is wrong with it.
    """
    document = read_toml(path, "one claim per probe")
    known, pairs = frozenset(probes), tuple(cells)
    claims = {probe: _convert(path, probe, entry) for probe, entry in document.items()}
    for probe, claim in claims.items():
        where = f'{path}: ["{probe}"]'
        if probe not in known:
            raise BadInput(f"{where}: there is no such probe; {nearest(probe, known)}")
        _check(where, claim, known, pairs, own=own)
        for workaround in claim.workarounds:
            if workaround in claims and claims[workaround].kind is not Kind.PROMISE:
                raise BadInput(f"{where}: the workaround {workaround!r} is a hazard itself")
    for probe, claim in tuple(claims.items()):
        for patched, cured in claim.under_patches(probe):
            where = f'{path}: ["{probe}"], {patched}'
            _check(where, cured, known | {f"{probe}@remedy"}, pairs, own=own)
            claims[patched] = cured
    for probe in sorted(known - claims.keys()) if not own else ():
        raise BadInput(
            f"{path}: the probe {probe} has no claim; add an entry"
            f' ["{probe}"] with kind, why and expect'
        )
    return claims


def see_that_silence_has_a_way_round(claims: Mapping[str, Claim]) -> None:
    """Raise BadInput for what goes wrong silently where no workaround does well in every cell.

    It is no part of loading: a claim that somebody turns round is to fail by what was seen.
    """
    well = {p for p, claim in claims.items() if all(e.outcome in GOOD for e in claim.expect)}
    for probe, claim in claims.items():
        silent = [e.outcome for e in claim.expect if e.outcome in SILENT]
        if silent and "@" not in probe and not well & set(claim.workarounds):
            raise BadInput(
                f'claims.toml: ["{probe}"]: nobody is told that it is {silent[0]}, so one of its'
                f" workarounds has to do well ({', '.join(GOOD)}) in every cell"
            )


def _convert(path: Path, probe: str, entry: object) -> Claim:
    try:
        return msgspec.convert(entry, Claim)
    except msgspec.ValidationError as error:
        raise BadInput(f'{path}: ["{probe}"]: {error}{_hint(str(error))}') from None


def _hint(message: str) -> str:
    """Return the nearest valid word for the one msgspec's `message` speaks of, if any."""
    fields = Expectation if "$.expect" in message else Claim
    if found := re.search(r"unknown field `(.+?)`", message):
        known = fields.__struct_fields__
        return "; " + nearest(found[1], known)
    if found := re.search(r"enum value '(.+?)'", message):
        return "; " + nearest(found[1], Kind if "$.kind" in message else Outcome)
    return ""


def _check(
    where: str, claim: Claim, probes: frozenset[str], cells: tuple[Cell, ...], *, own: bool
) -> None:
    if claim.kind is Kind.HAZARD and not own and not (claim.issue and claim.workarounds):
        raise BadInput(f"{where}: a hazard needs its upstream issue and at least one workaround")
    if claim.issue and not claim.issue.startswith("https://"):
        raise BadInput(f"{where}: issue {claim.issue!r} is not the address of a thread")
    for workaround in claim.workarounds:
        if workaround not in probes:
            hint = nearest(workaround, probes)
            raise BadInput(f"{where}: the workaround {workaround!r} is no probe; {hint}")
    for expectation in claim.expect:
        _check_expectation(where, expectation, cells)
    for cell, about in _not_once(tuple((e.releases, e.pythons) for e in claim.expect), cells):
        number = "no expectation is" if not about else f"{about} expectations are"
        raise BadInput(f"{where}: {number} about {cell.id}; it must be exactly one")


def _check_expectation(where: str, expectation: Expectation, cells: tuple[Cell, ...]) -> None:
    if expectation.phase is not None and expectation.phase not in KNOWN_PHASES:
        hint = nearest(expectation.phase, KNOWN_PHASES)
        raise BadInput(f"{where}: there is no phase {expectation.phase!r}; {hint}")
    for specifier in (expectation.releases, expectation.pythons):
        _check_specifier(where, specifier)
    if not any(expectation.covers(cell) for cell in cells):
        raise BadInput(
            f"{where}: no cell is in releases {expectation.releases!r}"
            f" and pythons {expectation.pythons!r}"
        )


def _check_specifier(where: str, text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise BadInput(
            f"{where}: {text!r} is not a version specifier; one looks like '>=0.57,<0.60'"
        ) from None


# The same few specifiers are held against the same cells by every claim.
@functools.cache
def _not_once(
    parts: tuple[tuple[str, str], ...], cells: tuple[Cell, ...]
) -> tuple[tuple[Cell, int], ...]:
    """Return the cells that not just one of these is about, each with how many are."""
    about = {
        cell: sum(_contains(of, cell.release) and _contains(on, cell.python) for of, on in parts)
        for cell in cells
    }
    return tuple((cell, number) for cell, number in about.items() if number != 1)


@functools.cache
def _contains(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(Version(version), prereleases=True)


def fixed_in(claim: Claim, result: Result) -> bool:
    """Whether a hazard was expected and the probe did well instead: the hazard is gone."""
    return claim.kind is Kind.HAZARD and result.outcome in GOOD
