"""What each cell has to have for the probes that need more than its lock.

In: cells, probes, this machine. Out: for each cell and each set of needs a lock, or a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from ..experiments.needs import Need, Needs
from ..experiments.probe import Probe
from ..model.cell import Cell
from ..model.files import UNDECODABLE, write_atomically
from ..model.job import Environment
from ..model.record import Package
from ..select.machine import Machine
from .resolve import Resolved, resolve
from .wheels import Built, wheels


class Equipment(msgspec.Struct, frozen=True):
    """By cell and needs, what was resolved for these probes; their locks lie in `folder`."""

    folder: Path
    probes: tuple[Probe, ...] = ()
    resolved: Mapping[str, Mapping[Needs, Resolved]] = {}

    @property
    def installed(self) -> dict[str, dict[Needs, str]]:
        """By cell, what names the packages for each set of needs."""
        return {
            cell: {needs: found.digest for needs, found in by_needs.items()}
            for cell, by_needs in self.resolved.items()
        }

    def lacking(self, cell: str) -> dict[str, str]:
        """Return the probes whose needs cannot be met in a cell, and why."""
        found = self.resolved.get(cell, {})
        return {p.id: r for p in self.probes if p.needs and (r := found[p.needs].reason)}

    def environments(self, cell: str) -> dict[str, Environment]:
        """Write the locks of a cell and return its environments; raises Unreachable."""
        made = {}
        for needs, found in self.resolved.get(cell, {}).items():
            if not found.reason:
                path = self.folder / cell / f"{called(needs)}.txt"
                write_atomically(path, found.lock)
                made[called(needs)] = Environment(str(path), found.packages)
        return made


NOTHING_MORE = Equipment(Path())


def called(needs: Needs) -> str:
    """Return what an environment for needs is called, whatever they resolve to; "" for none."""
    return hashlib.sha256(msgspec.json.encode(needs)).hexdigest()[:8] if needs else ""


def called_by(folder: Path, cell: str, packages: Sequence[Package]) -> str:
    """Return what the environment with just these packages is called, "" where none is known.

    `folder` is the one that wheels and locks are kept in.
    """
    for kept in sorted((folder / cell).glob("*.json")):
        try:
            found = msgspec.json.decode(kept.read_bytes(), type=Resolved)
        except (OSError, *UNDECODABLE):
            continue
        if found.packages == tuple(packages):
            return kept.stem
    return ""


def equip(
    cells: Sequence[Cell],
    probes: tuple[Probe, ...],
    machine: Machine,
    *,
    locks: Mapping[str, Path],
    until: Mapping[str, str],
    folder: Path,
    jobs: int,
    fresh: bool,
) -> Equipment:
    """Resolve what the probes need in each cell, and keep wheels and locks in the folder.

    `locks` and `until` are by release.

    Raises Unreachable when uv does not start or no index answers, BadInput for what is no wheel.
    """
    sets = sorted({probe.needs for probe in probes if probe.needs})
    if not sets:
        return NOTHING_MORE
    built = _built(sets, {cell.python for cell in cells}, machine, folder)
    wanted = [(cell, needs) for cell in cells for needs in sets]

    def one(asked: tuple[Cell, Needs]) -> Resolved:
        cell, needs = asked
        if not locks[cell.release].exists():
            return Resolved(reason=f"numba {cell.release} has no lock; `nox -s lock` makes it")
        kept = folder / cell.id / f"{called(needs)}.json"
        if fresh:
            kept.unlink(missing_ok=True)
        return resolve(
            cell, needs, built, locks[cell.release],
            python=_version(cell.python, machine), until=until.get(cell.release, ""), kept=kept,
        )  # fmt: skip

    found: dict[str, dict[Needs, Resolved]] = {cell.id: {} for cell in cells}
    with ThreadPoolExecutor(jobs) as pool:
        for (cell, needs), resolved in zip(wanted, pool.map(one, wanted), strict=True):
            found[cell.id][needs] = resolved
    return Equipment(folder, probes, found)


def _built(sets: Iterable[Needs], pythons: Iterable[str], machine: Machine, folder: Path) -> Built:
    """Build what the sets need on each CPython, the newest first."""
    every: set[Need] = {need for needs in sets for need in needs}
    newest_first = sorted(pythons, key=lambda python: -int(python.partition(".")[2]))
    return wheels(every, {python: _path(python, machine) for python in newest_first}, folder)


def _version(python: str, machine: Machine) -> str:
    here = machine.interpreters.get(python)
    return here.version if here else python


def _path(python: str, machine: Machine) -> str:
    here = machine.interpreters.get(python)
    return here.path if here else python
