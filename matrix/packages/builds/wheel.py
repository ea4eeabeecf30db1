"""A wheel of Numba that somebody built: whether it is one that can run here, and its lock.

In: a path. Out: a `Build`; and the lock that installs just this file, and what its metadata wants.
"""

from __future__ import annotations

import email
import hashlib
import re
import sys
import zipfile
from pathlib import Path

from packaging import tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ...errors import BadInput, NothingToRun, nearest
from ...model.files import named_path, read_regular, remove, write_atomically
from ...select.releases import lock_path
from ..uv import Refused, compiled
from .build import DIGITS, Build

# As for releases: pycc needs setuptools since 3.12.
ALSO = ("numpy", "llvmlite", "setuptools")


def wheel_named(word: str) -> Build:
    """Return the wheel of Numba that a user named; raises BadInput when it cannot run here."""
    path = named_path("--numba", word)
    where = f"--numba {word}"
    if not path.exists():
        beside = [one.name for one in path.parent.glob("*.whl")]
        hint = nearest(path.name, beside) if beside else f"no wheel lies in {path.parent}"
        raise BadInput(f"{where}: there is no such file; {hint}")
    try:
        name, version, _, found = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise BadInput(
            f"{where}: this is no wheel ({error}); `python -m build --wheel` makes one, and"
            " --numba-python takes an interpreter with a Numba built in place"
        ) from error
    if name != "numba":
        raise BadInput(f"{where}: this is a wheel of {name}, not of numba")
    python = _python_of(where, found)
    content = read_regular(path)
    said = _metadata(where, path)
    if (canonicalize_name(said[0]), said[1]) != ("numba", version):
        raise BadInput(f"{where}: its metadata says {said[0]} {said[1]}: rename no wheel, build it")
    return Build(word, str(version), python, hashlib.sha256(content).hexdigest(), path)


def _python_of(where: str, found: frozenset[tags.Tag]) -> str:
    """Return the CPython that a wheel with these tags is for, if it is for this platform."""
    fitting = [tag for tag in found if tag.platform in {"any", *tags.platform_tags()}]
    if not fitting:
        platforms = ", ".join(sorted({tag.platform for tag in found}))
        raise BadInput(
            f"{where}: this wheel is for {platforms}, and this machine is"
            f" {next(tags.platform_tags())}; build it here"
        )
    for tag in sorted(fitting, key=str):
        python = re.fullmatch(r"cp3(\d{1,2})", tag.interpreter)
        if python and tag.abi.removesuffix("m") == tag.interpreter:
            return f"3.{python[1]}"
    listed = ", ".join(sorted({f"{tag.interpreter}-{tag.abi}" for tag in fitting}))
    raise BadInput(
        f"{where}: this wheel is for {listed}; one for a CPython, as cp313-cp313, can run"
    )


def _metadata(where: str, path: Path) -> tuple[str, Version]:
    """Return the name and the version in a wheel's metadata, all of its files being whole."""
    try:
        with zipfile.ZipFile(path) as wheel:
            damaged = wheel.testzip()
            (inside,) = [
                n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)
            ]
            told = email.message_from_bytes(wheel.read(inside))
        if damaged is None:
            return str(told["Name"]), Version(str(told["Version"]))
        why = f"{damaged} in it is damaged"
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        why = f"it cannot be unpacked: {error}"
    except (ValueError, InvalidVersion):
        why = "it has no metadata that can be read"
    raise BadInput(f"{where}: this is no whole wheel, {why}; build it again")


def write_lock(build: Build, folder: Path, *, fresh: bool) -> Path:
    """Write the lock of a wheel, and keep a copy of the wheel; return the lock.

    One that there is of the same wheel stays, unless `fresh`: what newer packages do is not what
    the wheel does. Raises NothingToRun when uv finds nothing that the wheel's metadata wants.
    """
    assert build.wheel is not None  # noqa: S101 (of an interpreter no lock is written)
    lock = lock_path(folder, build.release)
    head = f"# {build.digest}"
    if not fresh and lock.exists() and lock.read_text(encoding="utf-8").startswith(head):
        return lock
    content = build.wheel.read_bytes()  # it may be the copy that was kept
    for old in folder.glob("*/"):  # of wheels that were here before
        remove(old)
    copy = folder / build.digest[:DIGITS] / build.wheel.name
    write_atomically(copy, [content])
    write_atomically(lock, f"{head}\n{_resolved(build, copy)}")
    return lock


def _resolved(build: Build, wheel: Path) -> str:
    wanted = "\n".join([f"numba @ {wheel.as_uri()}", *ALSO])
    here = ("--python", sys.executable)
    try:
        return compiled(wanted, build.python, *here, hidden={str(wheel): build.named})
    except Refused as error:
        raise NothingToRun(
            f"--numba {build.named}: what its metadata wants cannot be had; uv says: {error}"
        ) from error
