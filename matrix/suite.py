"""Everything the suite's files say, read once and checked: releases, probes and claims."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from matrix import claims as claims_module
from matrix import releases
from matrix.claims import Claim
from matrix.command_line import DATA, PROBES, Options
from matrix.observations import Store
from matrix.probes import Probe, discover
from matrix.releases import Release
from matrix.select import Catalogue


class Suite(msgspec.Struct, frozen=True):
    """What there is to run and to hold it against. `claims` is None for another folder's probes."""

    platform: str
    releases: tuple[Release, ...]
    probes: tuple[Probe, ...]
    claims: dict[str, Claim] | None
    state: Path

    def store(self, say: Callable[[str], None]) -> Store:
        """Return where the observations of these probes are kept."""
        return Store(self.state / "observations", say)

    def catalogue(self, pythons: frozenset[str]) -> Catalogue:
        """Return what there is to select from where these CPythons are at hand."""
        return Catalogue(self.releases, self.platform, pythons)

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
    if options.probes is not None:
        name = hashlib.sha256(str(options.probes).encode()).hexdigest()[:8]
        state = options.state / "probes" / f"{options.probes.name}-{name}"
        return Suite(platform, known, discover(options.probes), None, state)
    probes = discover(PROBES)
    # Claims speak of every platform's cells: which of them are at hand does not matter here.
    pairs = {cell for p in releases.Platform for cell in Catalogue(known, p, frozenset()).pairs()}
    ids = [probe.id for probe in probes]
    claims = claims_module.load(DATA / "claims.toml", ids, pairs)
    return Suite(platform, known, probes, claims, options.state)
