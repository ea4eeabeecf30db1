"""What the files here say - releases, probes and claims - read once and checked, and the store.

In: the state folder and, for probes of somebody's own, their folder. Out: a `Project`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from .errors import BadInput, NothingToRun, nearest
from .experiments.needs import Needs
from .experiments.outside import recall, without_changed
from .experiments.probe import FORKING, SHIPPED, Probe, discover, matching, runner_digest
from .judge import claims as claims_file
from .judge.claims import Claim
from .judge.reference import file as reference_file
from .judge.reference.file import Reference
from .model.cell import LOCAL, Cell, filed_in, parse_cell, tag
from .model.files import ROOT, Say, Store, named_path, read_regular
from .model.record import CellRecord, observations
from .model.text import counted
from .plan.plan import Conditions, conditions, current
from .plan.staging import Staged
from .select import releases
from .select.machine import Machine, loading
from .select.releases import Platform, Release
from .select.selection import Catalogue, Selection, select

DATA = ROOT / "matrix" / "data"
REFERENCE = DATA / "reference.json"
PROBES = ROOT / "probes"
USER = ROOT / "matrix" / "user"
PATCHES = {name: USER / f"{name}.py" for name in SHIPPED}


class Project(msgspec.Struct, frozen=True):
    """What there is to run and to hold it against.

    `runner` is the digest of the in-cell runner. The probes may be those of a user's own `folder`,
    which claims something only where it has a claims.toml. `reference` is None where there is none,
    or where the probes are not those it is of.
    """

    platform: str
    releases: tuple[Release, ...]
    probes: tuple[Probe, ...]
    claims: dict[str, Claim] | None
    state: Path
    runner: str
    folder: Path | None = None
    reference: Reference | None = None
    locks: Path = DATA / "locks"

    def asked_for(self, globs: Sequence[str], say: Say) -> tuple[Probe, ...]:
        """Return the probes that any glob matches, all without one, that are able to run there.

        Raises BadInput for a glob that matches none, NothingToRun where none is left.
        """
        return self.able(matching(self.probes, globs), say)

    def able(self, found: tuple[Probe, ...], say: Say) -> tuple[Probe, ...]:
        """Return those that can run on the platform, and say it of others; raises NothingToRun."""
        if Platform(self.platform).can_fork:
            return found
        able = tuple(probe for probe in found if probe.carrier not in FORKING)
        if len(able) < len(found):
            told = f"{len(found) - len(able)} probes take a fork and cannot run on {self.platform}"
            if not able:
                raise NothingToRun(f"{told}: nothing is known of them there")
            say(f"{told}: nothing is known of them there, and nothing claimed")
        return able

    @property
    def packages(self) -> Path:
        """Where wheels and locks of what probes need are kept."""
        return self.state / "packages"

    def store(self, say: Say) -> Store[CellRecord]:
        """Return where the observations of these probes are kept."""
        return observations(self.state / "observations", say)

    def record(self, cell: str, probes: Sequence[Probe], say: Say) -> CellRecord | None:
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
                f"{cell}: {counted(len(outdated), 'probe is', 'probes are')} left out,"
                f" {min(outdated)} first: what is"
                " stored is of another probe, lock, runner or module;"
                " `nox -s matrix` runs them again"
            )
        return now

    def current(self, record: CellRecord, probes: Sequence[Probe]) -> CellRecord:
        """Return a record with what is in it of these probes, and of the lock and runner here."""
        return current(record, probes, runner=self.runner, locks=self.locks)

    def of(self, cell: Cell) -> Project:
        """Return this project, or, for the cell of a build that is no release, what is of builds.

        That lies apart: nothing is claimed of it, nor can it be mixed with what is of releases.
        """
        if not cell.is_local:
            return self
        state = self.state / LOCAL / tag(cell.python)
        release = Release(cell.release, dt.date.min, {Platform(self.platform): (cell.python,)})
        return msgspec.structs.replace(
            self, releases=(release,), claims=None, state=state, locks=state / "locks"
        )

    def catalogue(self, pythons: frozenset[str]) -> Catalogue:
        """Return what there is to select from where these CPythons are at hand."""
        return Catalogue(self.releases, self.platform, pythons)

    def conditions(
        self,
        cells: Sequence[Cell],
        machine: Machine,
        isolation: str,
        staged: Staged | None = None,
        installed: Mapping[str, Mapping[Needs, str]] | None = None,
    ) -> dict[str, Conditions]:
        """Return, by cell id, what the observations of each cell depend on, here and now.

        That is of what is `staged`, or of what lies in this project; `installed` says, by cell,
        what names the packages that are installed for what a probe needs.
        """
        return {
            cell.id: conditions(
                cell,
                machine.build(cell.python),
                locks=staged.locks if staged else self.locks,
                runner=staged.runner if staged else self.runner,
                cpu=machine.cpu,
                platform=self.platform,
                isolation=isolation,
                loading=loading(os.environ),
                building=machine.building(cell.python),
                installed=(installed or {}).get(cell.id),
            )
            for cell in cells
        }

    @property
    def served(self) -> tuple[str, ...]:
        """The stable releases with a wheel for the platform, oldest first."""
        return served(self.platform, self.releases)

    @property
    def stored_cells(self) -> list[str]:
        """The cells of which observations are stored."""
        return filed_in(self.state / "observations")

    @property
    def stored_pythons(self) -> frozenset[str]:
        """The CPythons of the stored cells, or all there are where nothing is stored."""
        return frozenset(parse_cell(c).python for c in self.stored_cells) or self.all_pythons

    def all_that_is_stored(self) -> Selection:
        """Return the cells of which observations are stored, whatever is at hand here."""
        cells, catalogue = self.stored_cells, self.catalogue(self.all_pythons)
        return select(cells, catalogue, pre=True) if cells else Selection(())

    def on(self, *platforms: str) -> list[Project]:
        """Return this project for each platform, this one if none is named.

        What was observed on others lies apart.
        """
        return [
            self
            if platform == self.platform
            else msgspec.structs.replace(
                self, platform=platform, state=self.state / "platforms" / platform
            )
            for platform in platforms or (self.platform,)
        ]

    def offered(self, download_python: str) -> frozenset[str]:
        """Return the CPythons that count as being here because uv may fetch them."""
        return frozenset() if download_python == "never" else self.all_pythons

    @property
    def all_pythons(self) -> frozenset[str]:
        """Every CPython that any release has a wheel for."""
        return frozenset(python for release in self.releases for python in release.all_pythons)


def served(platform: str, known: Sequence[Release] | None = None) -> tuple[str, ...]:
    """Return the stable releases with a wheel for a platform, oldest first."""
    known = releases.load(DATA / "releases.toml") if known is None else known
    stable = (release for release in known if not release.is_prerelease)
    return tuple(r.version for r in stable if r.pythons(platform))


def read_project(state: Path, probes: Path | None = None, *, claimed: bool = True) -> Project:
    """Read and check every file, claims where they are asked for; raises BadInput."""
    known = releases.load(DATA / "releases.toml")
    platform = releases.platform_here()
    runner = runner_digest(PROBES)
    path, found = DATA / "claims.toml", discover(PROBES if probes is None else probes)
    if probes is not None:
        name = hashlib.sha256(str(probes).encode()).hexdigest()[:8]
        state = state / "probes" / f"{probes.name}-{name}"
        path = probes / "claims.toml"
        if not claimed or not path.exists():
            return Project(platform, known, found, None, state, runner, probes)
    ids = [probe.id for probe in found]
    claims = claims_file.load(path, ids, every_pair(known), own=probes is not None)
    patched = [
        probe.under(path)
        for probe in found
        for name, path in PATCHES.items()
        if f"{probe.id}@{name}" in claims
    ]
    reference = None if probes else reference_file.read(REFERENCE)
    return Project(platform, known, (*found, *patched), claims, state, runner, probes, reference)


def every_pair(known: tuple[Release, ...]) -> frozenset[Cell]:
    """Return every platform's cells: claims speak of all, at hand or not."""
    return frozenset(c for p in Platform for c in Catalogue(known, p, frozenset()).pairs())


def patch_named(word: str) -> Path:
    """Return the patch that a user named: one that comes with the suite, or a file.

    Raises BadInput when it is neither, or has a name that no probe's id can hold.
    """
    if word in PATCHES:
        return PATCHES[word]
    path = named_path("--patch", word)
    if not path.exists():
        raise BadInput(f"--patch {word}: there is no such file; {nearest(word, PATCHES)}")
    read_regular(path)
    if path.suffix != ".py" or not re.fullmatch(r"[\w-]+", path.stem) or path.stem in PATCHES:
        raise BadInput(
            f"--patch {word}: a patch is a file like my_patch.py, not named as {list(PATCHES)}"
        )
    return path
