"""The probes of a folder: which there are, what carries them, and what each one's source is.

In: a folder laid out as `<carrier>/<probe>.py`. Out: `Probe`s. Probes are never imported here.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from matrix.errors import BadInput, nearest
from matrix.files import text_digest

CARRIERS = ("cache", "aot")


class Probe(msgspec.Struct, frozen=True):
    """One probe: `id` is its path without suffix, `carrier` the folder it lies in."""

    id: str
    carrier: str
    path: Path
    sha256: str


def discover(folder: Path) -> tuple[Probe, ...]:
    """Return the probes below `folder`, by id.

    Raises:
        BadInput: there is none, or one is no file that can be read.
    """
    found = tuple(
        probe_in(path)
        for carrier in CARRIERS
        for path in sorted((folder / carrier).glob("*.py"))
        # Editors and file systems leave hidden files beside those they work on.
        if not path.name.startswith(("_", "."))
    )
    for probe in found:
        if not probe.id.isprintable():
            raise BadInput(
                f"{folder}: the name of the probe {probe.id!r} is no UTF-8, or holds a control"
                " character: it cannot be written everywhere; rename the file"
            )
    if not found:
        expected = " or ".join(f"{carrier}/*.py" for carrier in CARRIERS)
        raise BadInput(f"{folder}: no probes here; a folder of probes holds {expected}")
    return found


def probe_in(path: Path) -> Probe:
    """Return the probe that a file is; raises BadInput when it is none that can be read."""
    carrier = path.parent.name
    return Probe(f"{carrier}/{path.stem}", carrier, path, text_digest(path))


def matching(probes: Iterable[Probe], globs: Iterable[str]) -> tuple[Probe, ...]:
    """Return the probes that any glob matches, all when there is no glob.

    Raises BadInput for a glob that matches no probe.
    """
    candidates = tuple(probes)
    wanted: set[str] = set()
    patterns = tuple(globs)
    for pattern in patterns:
        hit = {probe.id for probe in candidates if fnmatch.fnmatchcase(probe.id, pattern)}
        if not hit:
            hint = nearest(pattern, [probe.id for probe in candidates])
            raise BadInput(f"--probe {pattern}: no probe has that id; {hint}")
        wanted |= hit
    return tuple(probe for probe in candidates if not patterns or probe.id in wanted)


def named(probes: Iterable[Probe], name: str) -> Probe:
    """Return the probe with this id; raises BadInput, naming the nearest, when there is none."""
    known = {probe.id: probe for probe in probes}
    if name not in known:
        raise BadInput(f"there is no probe {name!r}; {nearest(name, known)}")
    return known[name]


# They lie beside the runner and have no part in what it sees.
NOT_RUNNER = ("limit.py", "overhead.py")


def runner_digest(folder: Path) -> str:
    """Return a digest of the in-cell runner: when it changes, what it saw is out of date."""
    digest = hashlib.sha256()
    for path in sorted((folder / "_cell").glob("*.py")):
        if path.name in NOT_RUNNER:
            continue
        digest.update(f"{path.name} {text_digest(path)}\n".encode())
    return digest.hexdigest()
