"""What a run is about to run, copied to where nobody edits it: what is filed is of these copies.

In: the in-cell runner, probes and locks as they are now. Out: copies for one run, with digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from ..errors import BadInput
from ..experiments.probe import Probe, probe_in, runner_digest
from ..model.files import read_regular, remove, unwritable
from ..select.releases import lock_path


class Staged(msgspec.Struct, frozen=True):
    """The copies of one run, below `folder`. `runner` is the digest of the in-cell runner's."""

    folder: Path
    probes: dict[str, Probe]
    runner: str

    @property
    def runner_folder(self) -> Path:
        """Where the in-cell runner is."""
        return self.folder / "probes" / "_cell"

    @property
    def locks(self) -> Path:
        """Where the locks are."""
        return self.folder / "locks"


def stage(
    folder: Path,
    probes: Iterable[Probe],
    releases: Iterable[str],
    *,
    home: Path,
    locks: Path,
    say: Callable[[str], None],
) -> Staged:
    """Copy these probes, the locks of these releases and the runner, which is at `home`.

    A probe that has gone in the meantime is left out, and said. A lock that is missing shows when
    it is installed.

    Raises:
        BadInput: a file of the runner, or a lock, cannot be read.
        Unreachable: there is no room for a copy.
    """
    remove(folder)
    found = {}
    for probe in probes:
        try:
            copy = _copied(probe, folder / "probes")
            if probe.patch is not None:
                copy = copy.under(copy_of(probe.patch, folder / "patches"))
        except BadInput as error:
            say(f"{probe.id} is not run: {error}")
        else:
            found[probe.id] = copy
    for path in (home / "_cell").glob("*.py"):
        copy_of(path, folder / "probes" / "_cell")
    for release in set(releases):
        if lock_path(locks, release).exists():
            copy_of(lock_path(locks, release), folder / "locks")
    return Staged(folder, found, runner_digest(folder / "probes"))


def _copied(probe: Probe, folder: Path) -> Probe:
    """Return a copy of a probe and of what it imports from beside itself."""
    for file in probe.beside.values():
        copy_of(file, (folder / file.relative_to(probe.path.parents[1])).parent)
    copy = probe_in(copy_of(probe.path, folder / probe.carrier))
    if not {*copy.needs} <= {*probe.needs}:
        raise BadInput("what it needs was edited meanwhile; run it again")
    return copy.needing(probe.needs)


def copy_of(path: Path, folder: Path) -> Path:
    """Return a copy of a file in a folder; raises BadInput or Unreachable."""
    content = read_regular(path)
    copy = folder / path.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    except OSError as error:
        raise unwritable(copy, error) from error
    return copy
