"""The environments of cells: where nox makes them, what is in them, what they take on the disk.

In: the folder they are made in and the cells that want one. Out: which have theirs already, and a
line to say, before anything starts, what the others will need.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name, canonicalize_version
from uv import find_uv_bin

from ..errors import Unreachable
from ..model.files import read_regular, text_digest
from ..packages.locked import FIXED, pins
from ..select.settings import for_tools

INSTALLED = "installed-lock.txt"
LONGEST, LONGEST_FOLDER = 87, 90  # to nox
# Gigabytes a cell, measured on Linux x86-64: what its packages take (0.13 with 0.50, 0.26 today),
# and what is its own where they are linked to uv's cache (bytecode and scripts). At most: releases
# of one line share what they stand on, and all 149 cells together took 20 in an empty cache.
UNPACKED_GB = 0.25
OWN_GB = 0.01


def environment(envdir: Path, cell: str, name: str = "") -> Path:
    """Return where nox makes the environment of a cell, or where the one of that name is beside it.

    Where that makes a path too long for the first line of a script, nox hashes the name.
    """
    called = "cell-" + cell.replace(".", "-") + (f"+{name}" if name else "")
    if len(str(envdir / called)) > LONGEST and len(str(envdir)) <= LONGEST_FOLDER:
        called = hashlib.sha1(called.encode()).hexdigest()[:8]  # noqa: S324 (as nox does)
    return envdir / called


def python_of(env: Path) -> Path:
    """Return the Python of an environment."""
    return env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def holds(env: Path, lock: Path, python: str) -> bool:
    """Whether just this lock is installed in the environment, which was made with `python`."""
    return _noted(env) == _note(lock, python)


def mark(env: Path, lock: Path, python: str) -> None:
    """Note in the environment that just this lock is installed in it, and what it was made with."""
    (env / INSTALLED).write_text("\n".join(_note(lock, python)), encoding="utf-8")


def unmark(env: Path) -> None:
    """Take back that the environment holds any lock: what is in it is installed again."""
    (env / INSTALLED).unlink(missing_ok=True)


def drop_unless_made_with(env: Path, python: str) -> None:
    """Remove an environment that is not known to be made with `python`.

    nox would use it again whichever interpreter is asked for. Raises Unreachable when it stays.
    """
    if env.exists() and _noted(env)[1:] != [python]:
        try:
            drop(env)
        except OSError as error:
            raise Unreachable(f"{env} cannot be removed: {error}") from error


def drop(env: Path) -> None:
    """Remove an environment; raises OSError. What is left of it is of no use to anybody."""
    unmark(env)
    shutil.rmtree(env)


def _noted(env: Path) -> list[str]:
    marker = env / INSTALLED
    return marker.read_text(encoding="utf-8").split("\n") if marker.exists() else []


def _note(lock: Path, python: str) -> list[str]:
    return [text_digest(lock), python]


def installed(env: Path) -> dict[str, str]:
    """Return the packages in an environment and their versions, as their metadata has them."""
    found: dict[str, str] = {}
    for packages in ("lib/python*/site-packages", "Lib/site-packages"):
        for path in env.glob(f"{packages}/*.dist-info"):
            name, _, version = path.stem.rpartition("-")
            found[canonicalize_name(name)] = version
    return found


def locked(lock: Path, python: str) -> dict[str, str]:
    """Return what a lock names for a CPython of this version, on this machine."""
    return pins(read_regular(lock).decode(), python)


def difference(env: Path, lock: Path, python: str, said: Mapping[str, str]) -> str:
    """Return how what ran differs from what was asked for, or "".

    `said` is what the packages themselves told the in-cell runner; `python` is "" for whichever nox
    would download.
    """
    ran_on = said.get("python", "")
    if not ran_on or (python and ran_on != python):
        return f"the cell ran on CPython {ran_on or 'unknown'}, not on {python or 'a known one'}"
    asked = locked(lock, ran_on)
    found = installed(env) | {name: said.get(name, "none") for name in asked.keys() & FIXED}
    wrong = [
        f"{name} {found.get(name, 'none')} (locked: {asked.get(name, 'none')})"
        for name in sorted(asked.keys() | found.keys())
        if canonicalize_version(asked.get(name, "")) != canonicalize_version(found.get(name, ""))
    ]
    return f"the cell ran with other packages than locked: {', '.join(wrong)}" if wrong else ""


def package_cache() -> Path:
    """Return uv's cache; raises Unreachable with what uv said when it cannot name it."""
    done = subprocess.run(
        [find_uv_bin(), "cache", "dir"],
        env=for_tools(os.environ),
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Unreachable(f"uv cannot say where its cache is: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def forecast(cells: int, at_once: int, envdir: Path, cache: Path) -> Iterator[str]:
    """Yield what making the environments of so many cells will need, `at_once` of them at a time.

    In a folder that uv can link from its cache to, packages take their place only once.
    """
    linked = device(envdir) == device(cache) and os.environ.get("UV_LINK_MODE") != "copy"
    kept = min(cells, at_once)
    own = kept * (OWN_GB if linked else UNPACKED_GB)
    cached = cells * UNPACKED_GB
    dropped = "" if kept == cells else f", {kept} at a time"
    yield (
        f"environments to make: {cells}{dropped}; they take about {own:.2f} GB in {envdir}, and up"
        f" to {cached:.1f} GB in uv's cache for packages that are new to it"
    )
    if not linked:
        yield (
            f"uv's cache ({cache}) cannot be linked to from there, so packages are copied: put both"
            " on one file system (UV_CACHE_DIR or --envdir) and they take their place once"
        )
    for folder, needed in wanted_where({envdir: own, cache: cached}).items():
        free = shutil.disk_usage(existing(folder)).free / 1e9
        if free < needed:
            yield f"only {free:.1f} GB of up to {needed:.1f} GB are free at {folder}"


def wanted_where(needs: dict[Path, float]) -> dict[Path, float]:
    """Return the needs added up by file system, each under the first folder that is on it."""
    found: dict[int, Path] = {}
    total: dict[Path, float] = {}
    for folder, needed in needs.items():
        first = found.setdefault(device(folder), folder)
        total[first] = total.get(first, 0.0) + needed
    return total


def device(folder: Path) -> int:
    """Return the file system a folder is on, or will be."""
    return existing(folder).stat().st_dev


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
