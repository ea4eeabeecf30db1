"""The environments of cells: where nox makes them, what is in them, what they take on the disk.

In: the folder they are made in and the cells that want one. Out: which have theirs already, what
the others will need, and a hold on them for one run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.utils import canonicalize_name, canonicalize_version

from ..errors import BadInput, Unreachable
from ..model.files import Say, read_regular, text_digest
from ..model.job import Job
from ..packages.builds.build import IN_PLACE
from ..packages.locked import FIXED, pins
from ..packages.uv import Refused, uv

INSTALLED = "installed-lock.txt"
LONGEST, LONGEST_FOLDER = 87, 90  # to nox
# Gigabytes a cell, measured on Linux x86-64: what its packages take (0.13 with 0.50, 0.26 today),
# and what is its own where they are linked to uv's cache (bytecode and scripts). At most: releases
# of one line share what they stand on, and all 149 cells together took 20 in an empty cache.
UNPACKED_GB = 0.25
OWN_GB = 0.01
NO_FOLDER = (FileExistsError, NotADirectoryError, PermissionError)


def environment(envdir: Path, cell: str, name: str = "") -> Path:
    """Return where nox makes the environment of a cell, or where the one of that name is beside it.

    Where that makes a path too long for the first line of a script, nox hashes the name.
    """
    called = "cell-" + re.sub(r"[.+]", "-", cell) + (f"+{name}" if name else "")
    if len(str(envdir / called)) > LONGEST and len(str(envdir)) <= LONGEST_FOLDER:
        called = hashlib.sha1(called.encode()).hexdigest()[:8]  # noqa: S324 (as nox does)
    return envdir / called


def python_of(env: Path) -> Path:
    """Return the Python of an environment."""
    return env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def holds(env: Path, lock: Path, python: str) -> bool:
    """Whether just this lock is installed in the environment, which was made with `python`.

    There is nothing to install of one that stands for what an interpreter has in place.
    """
    return bool(in_place(lock)) or _noted(env) == _note(lock, python)


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


@contextlib.contextmanager
def only_run(folder: Path, say: Say, name: str = "run") -> Iterator[None]:
    """Hold a folder, or what is `name`d in it, for one run; a second one says so and waits.

    Raises:
        BadInput: it is no folder, or not one to write to.
        Unreachable: the disk refuses.
    """
    lock = FileLock(folder / f"{name}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        say(f"another run is using {folder}; waiting until it ends (Ctrl-C to leave)")
        lock.acquire()
    except OSError as error:
        kind = BadInput if isinstance(error, NO_FOLDER) else Unreachable
        raise kind(
            f"{folder} cannot be used: {error.strerror}; it has to be a folder that can be written"
            " to (--state and --envdir name others)"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def environments_held(jobs: Mapping[str, Job], envdir: Path) -> Iterator[None]:
    """Hold the environments of cells for one run, none made with another interpreter than theirs.

    Runs with other states share them, and two must not make the same one.
    """
    with contextlib.ExitStack() as held:
        # In one order everywhere, so that no two wait for each other.
        for cell in sorted(jobs):
            say = functools.partial(print, flush=True)
            held.enter_context(only_run(envdir, say, cell))
            # Of a run that was killed a session may be left, for as long as it takes to notice.
            with only_run(envdir, say, f"{cell}.session"):
                drop_unless_made_with(environment(envdir, cell), jobs[cell].python)
        yield


def make(env: Path, lock: Path, python: str) -> None:
    """Make an environment that holds just this lock, unless it does; raises Unreachable."""
    if holds(env, lock, python):
        return
    drop_unless_made_with(env, python)
    try:
        for words in making(env, lock, python):
            uv(*words, folder=lock.parent, hidden={})
    except Refused as refused:
        raise Unreachable(f"{lock.name} could not be installed: {refused}") from refused
    mark(env, lock, python)


def making(env: Path, lock: Path, python: str) -> Iterator[tuple[str, ...]]:
    """Yield what uv is to be told, in turn, for an environment to hold just this lock."""
    if not env.exists():
        yield "venv", "--python", python, str(env)
    unmark(env)
    # What another lock left in the environment would pass without a look at its hash. Into an empty
    # one uv puts what it has in its cache, without asking the index again.
    again = ("--reinstall",) if installed(env) else ()
    yield (
        *("pip", "install", "--python", str(python_of(env)), "--require-hashes"),
        *("--only-binary", ":all:", "--exact", *again, "-r", str(lock)),
    )


def drop(env: Path) -> None:
    """Remove an environment; raises OSError. What is left of it is of no use to anybody."""
    unmark(env)
    _open_again(env)
    shutil.rmtree(env)


@contextlib.contextmanager
def without_caches(env: Path) -> Iterator[None]:
    """Let no cache of Numba's lie beside a library, as where somebody else has installed it.

    It lies in the user's home then, of which a probe of a change or a race has one of its own.
    """
    _open_again(env)
    for folder in list(_libraries(env)):
        cache = folder / "__pycache__"
        cache.mkdir(exist_ok=True)
        for stored in cache.glob("*.nb[ic]"):
            stored.unlink()
        for closed in (cache, folder):
            closed.chmod(0o555)
    try:
        yield
    finally:
        _open_again(env)


def _open_again(env: Path) -> None:
    """Let its folders be written to, also those of a process that was killed meanwhile."""
    for folder in list(_libraries(env)):
        for closed in (folder, folder / "__pycache__"):
            if closed.exists():
                closed.chmod(0o755)


def _libraries(env: Path) -> Iterator[Path]:
    """Yield the folders of an environment's libraries, but for what a cell is made of."""
    for site in env.glob("lib/python*/site-packages"):
        yield site
        for library in site.iterdir():
            if library.is_dir() and library.name not in {"__pycache__", *FIXED}:
                yield library
                inside = (path for path in library.rglob("*") if path.is_dir())
                yield from (path for path in inside if path.name != "__pycache__")


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


def in_place(lock: Path) -> str:
    """Return the interpreter whose own Numba a lock stands for, "" where it is to be installed."""
    first = read_regular(lock).decode().partition("\n")[0] if lock.exists() else ""
    return first.removeprefix(IN_PLACE) if first.startswith(IN_PLACE) else ""


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
    found = ({} if in_place(lock) else installed(env)) | {
        name: said.get(name, "none") for name in asked.keys() & FIXED
    }
    wrong = [
        f"{name} {found.get(name, 'none')} (locked: {asked.get(name, 'none')})"
        for name in sorted(asked.keys() | found.keys())
        if canonicalize_version(asked.get(name, "")) != canonicalize_version(found.get(name, ""))
    ]
    return f"the cell ran with other packages than locked: {', '.join(wrong)}" if wrong else ""


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
