"""The Numba releases there are, and which Pythons each has a wheel for on which platform.

In: the text of `releases.toml`, which `nox -s lock` writes. Out: `Release`, oldest first, and the
text with one more. Nothing is run and no network is asked.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import platform
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ..errors import BadInput, NothingToRun, nearest
from ..model.files import read_toml

HEADER = """\
# The Numba releases this suite knows, oldest first: the day of the upload (UTC), and the CPythons
# with a wheel on each platform. `nox -s lock` adds what is missing and changes nothing else. Where
# the index of those days does not make a working lock, give the entry `lock-until = <day>` and
# `lock-because = "<why>"`, remove its file from locks/, and run `nox -s lock` again.
"""

PythonMinor = Annotated[str, msgspec.Meta(pattern=r"^3\.\d+$")]


class Platform(StrEnum):
    """A platform Numba builds wheels for; the value is its name in every file and report."""

    LINUX_X86_64 = "linux-x86_64"
    LINUX_AARCH64 = "linux-aarch64"
    MACOS_X86_64 = "macos-x86_64"
    MACOS_ARM64 = "macos-arm64"
    WINDOWS_X86_64 = "windows-x86_64"

    @property
    def can_fork(self) -> bool:
        """Whether a process can be forked there."""
        return not self.startswith("windows")


# Long enough for wheels that were uploaded a day after the rest, short enough that no later NumPy
# slips in: 0.48.0 does not work with the NumPy of half a year later.
SETTLE = dt.timedelta(days=3)


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One Numba release: the day its first wheel appeared, and its Pythons, oldest first.

    `lock_until` and `lock_because` are there only where what the index held a few days after the
    upload did not make a working lock; `nox -s lock` obeys them.
    """

    version: str
    uploaded: dt.date
    wheels: dict[Platform, tuple[PythonMinor, ...]]
    lock_until: dt.date | None = None
    lock_because: str | None = None

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def minor(self) -> str:
        """The release line, as in "0.57"."""
        return ".".join(str(part) for part in Version(self.version).release[:2])

    @property
    def locked_on(self) -> dt.date:
        """The day whose index its lock is made from."""
        return self.lock_until or self.uploaded + SETTLE

    @property
    def is_prerelease(self) -> bool:
        """Whether this is a release candidate (or earlier)."""
        return Version(self.version).is_prerelease

    def pythons(self, platform: str) -> tuple[str, ...]:
        """Return the CPythons with a wheel on `platform`, oldest first, as in ("3.8", "3.11")."""
        return self.wheels.get(Platform(platform), ())

    @property
    def all_pythons(self) -> tuple[str, ...]:
        """The CPythons with a wheel on any platform, oldest first."""
        found = {python for pythons in self.wheels.values() for python in pythons}
        return tuple(sorted(found, key=Version))


def lock_path(locks: Path, release: str) -> Path:
    """Return where the lock of a release is."""
    return locks / f"numba-{release}.txt"


def load(path: Path) -> tuple[Release, ...]:
    """Read `releases.toml` and return its releases, oldest version first.

    Raises:
        BadInput: the file is missing, is no TOML, or an entry is not a `Release`.
    """
    return parse(read_toml(path, "the Numba releases; `nox -s lock` makes it"), path)


def parse(tables: dict[str, Any], path: Path) -> tuple[Release, ...]:
    """Return the releases in TOML's `tables`; `path` is what errors call them.

    Raises:
        BadInput: an entry is not a `Release`.
    """
    entries = tables.pop("release", [])
    for name in tables:
        raise BadInput(f"{path}: unknown table {name!r}; {nearest(name, ['release'])}")
    if not isinstance(entries, list):
        raise BadInput(f"{path}: an entry begins with [[release]], in double brackets.")
    found = [_release(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, 1)]
    found.sort(key=lambda release: Version(release.version))
    for earlier, later in itertools.pairwise(found):
        if Version(earlier.version) == Version(later.version):
            raise BadInput(f"{path}: release {later.version} is there twice.")
    return tuple(found)


def pairs_of(filename: str) -> set[tuple[Platform, str]]:
    """Return the (platform, CPython) pairs that the wheel `filename` is for; free-threaded not."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return set()
    pairs = set()
    for tag in tags:
        python = re.fullmatch(r"cp(3)(\d+)", tag.interpreter)
        # The "m" ended with 3.7; a "t" would be a free-threaded build.
        if python and tag.abi.removesuffix("m") == tag.interpreter:
            pairs |= {(where, f"3.{python[2]}") for where in _platforms(tag.platform)}
    return pairs


def _platforms(tag: str) -> list[Platform]:
    """Return the platforms a wheel's platform tag stands for; none for those left out here."""
    patterns = {
        Platform.LINUX_X86_64: r"manylinux.*_x86_64",
        Platform.LINUX_AARCH64: r"manylinux.*_aarch64",
        Platform.MACOS_X86_64: r"macosx_.*_(x86_64|universal2)",
        Platform.MACOS_ARM64: r"macosx_.*_(arm64|universal2)",
        Platform.WINDOWS_X86_64: r"win_amd64",
    }
    return [where for where, pattern in patterns.items() if re.fullmatch(pattern, tag)]


def entry(release: Release) -> str:
    """Return `release` as its table in releases.toml."""
    lines = [
        "[[release]]",
        f'version = "{release.version}"',
        f"uploaded = {release.uploaded}",
    ]
    for where in Platform:
        pythons = ", ".join(f'"{python}"' for python in release.pythons(where))
        if pythons:
            lines.append(f"wheels.{where} = [{pythons}]")
    if release.lock_until is not None:
        lines.append(f"lock-until = {release.lock_until}")
    if release.lock_because is not None:
        lines.append(f"lock-because = {json.dumps(release.lock_because, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def inserted(text: str, release: Release) -> str:
    """Return releases.toml's `text` with `release` added in its place and nothing else changed."""
    text = text.rstrip("\n") + "\n" if text else HEADER
    chunks = re.split(r"(?m)^(?=\[\[release\]\])", text)
    for number, chunk in enumerate(chunks):
        version = re.search(r'(?m)^version = "(.+)"', chunk)
        if version and Version(version[1]) > Version(release.version):
            return "".join([*chunks[:number], entry(release), "\n", *chunks[number:]])
    return f"{text}\n{entry(release)}"


def platform_here() -> Platform:
    """Return the platform this process runs on.

    Raises:
        NothingToRun: Numba has no wheels for it.
    """
    systems = {"linux": "linux", "darwin": "macos", "win32": "windows"}
    # Windows and macOS each have a spelling of their own for the same processors.
    machine = platform.machine().lower().replace("amd64", "x86_64")
    name = f"{systems.get(sys.platform, sys.platform)}-{machine}"
    try:
        return Platform(name)
    except ValueError:
        listed = ", ".join(Platform)
        raise NothingToRun(f"Numba has no wheels for {name}; it has for {listed}.") from None


def _release(entry: object, where: str) -> Release:
    version = entry.get("version") if isinstance(entry, dict) else None
    label = f"{where} (version {version!r})" if version else where
    try:
        release = msgspec.convert(entry, Release)
        Version(release.version)
    except InvalidVersion as error:
        raise BadInput(f"{label}: {error}; it is a version like '0.57.0'.") from error
    except msgspec.ValidationError as error:
        raise BadInput(f"{label}: {error}{_hint(str(error))}") from error
    return release


def _hint(message: str) -> str:
    """Return the nearest valid word for the unknown one msgspec's `message` speaks of, if any."""
    field = re.search(r"unknown field `(.+?)`", message)
    if field:
        known = msgspec.structs.fields(Release)
        return "; " + nearest(field[1], [item.encode_name for item in known])
    word = re.search(r"enum value '(.+?)'", message)
    return "; " + nearest(word[1], [where.value for where in Platform]) if word else ""
