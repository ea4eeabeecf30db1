"""Everything the suite's files say, read once and checked: releases, probes and claims."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from matrix import claims as claims_module
from matrix import releases
from matrix.cells import filed_in
from matrix.claims import Claim
from matrix.command_line import DATA, PROBES, Options
from matrix.observations import CellRecord, Store
from matrix.outside import recall, without_changed
from matrix.plan import current
from matrix.probes import Probe, discover, runner_digest
from matrix.releases import Release
from matrix.select import Catalogue


class Suite(msgspec.Struct, frozen=True):
    """What there is to run and to hold it against. `claims` is None for another folder's probes.

    `runner` is the digest of the in-cell runner.
    """

    platform: str
    releases: tuple[Release, ...]
    probes: tuple[Probe, ...]
    claims: dict[str, Claim] | None
    state: Path
    runner: str

    def store(self, say: Callable[[str], None]) -> Store:
        """Return where the observations of these probes are kept."""
        return Store(self.state / "observations", say)

    def record(
        self, cell: str, probes: Sequence[Probe], say: Callable[[str], None]
    ) -> CellRecord | None:
        """Return what is stored of a cell and these probes, as far as it is of what is here now.

        What was seen of another probe, lock, runner or module is left out, and said.
        """
        stored = self.store(say).load(cell)
        if stored is None:
            return None
        now = without_changed(self.current(stored, probes), recall(self.state, cell))
        ids = {probe.id for probe in probes}
        outdated = {p.id for p in stored.probes if p.id in ids} - {p.id for p in now.probes}
        if outdated:
            say(
                f"{cell}: {len(outdated)} probes are left out, {min(outdated)} first: what is"
                " stored is of another probe, lock, runner or module;"
                " `nox -s matrix` runs them again"
            )
        return now

    def current(self, record: CellRecord, probes: Sequence[Probe]) -> CellRecord:
        """Return a record with what is in it of these probes, and of the lock and runner here."""
        return current(record, probes, runner=self.runner, locks=DATA / "locks")

    def catalogue(self, pythons: frozenset[str]) -> Catalogue:
        """Return what there is to select from where these CPythons are at hand."""
        return Catalogue(self.releases, self.platform, pythons)

    @property
    def served(self) -> tuple[str, ...]:
        """The stable releases with a wheel for the platform, oldest first."""
        stable = (release for release in self.releases if not release.is_prerelease)
        return tuple(r.version for r in stable if r.pythons(self.platform))

    @property
    def stored_cells(self) -> list[str]:
        """The cells of which observations are stored."""
        return filed_in(self.state / "observations")

    def on(self, platform: str) -> Suite:
        """Return this suite for the observations of a platform; those of others lie apart."""
        if platform == self.platform:
            return self
        state = self.state / "platforms" / platform
        return msgspec.structs.replace(self, platform=platform, state=state)

    @property
    def all_pythons(self) -> frozenset[str]:
        """Every CPython that any release has a wheel for."""
        return frozenset(python for release in self.releases for python in release.all_pythons)


def read_suite(options: Options) -> Suite:
    """Read and check every file; raises BadInput for the first that is wrong."""
    known = releases.load(DATA / "releases.toml")
    platform = releases.platform_here()
    runner = runner_digest(PROBES)
    if options.probes is not None:
        name = hashlib.sha256(str(options.probes).encode()).hexdigest()[:8]
        state = options.state / "probes" / f"{options.probes.name}-{name}"
        return Suite(platform, known, discover(options.probes), None, state, runner)
    probes = discover(PROBES)
    # Claims speak of every platform's cells: which of them are at hand does not matter here.
    pairs = {cell for p in releases.Platform for cell in Catalogue(known, p, frozenset()).pairs()}
    ids = [probe.id for probe in probes]
    claims = claims_module.load(DATA / "claims.toml", ids, pairs)
    return Suite(platform, known, probes, claims, options.state, runner)
