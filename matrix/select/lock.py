"""What Numba releases there are, and what each was installed with in its day.

In: the package index and what `releases.toml` and `locks/` hold already. Out: those two with the
new releases added; what they held stays as it was, byte for byte.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from packaging.version import Version
from pypi_simple import (
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedRepoVersionError,
)

from ..errors import Unreachable
from ..model.files import write_atomically
from . import releases
from .releases import SETTLE, Platform, Release, lock_path
from .settings import for_tools

OLDEST = Version("0.48.0")

# pycc needs distutils, which Python 3.12 and later get from setuptools only.
ALSO = ("numpy", "llvmlite", "setuptools")


def check(directory: Path, *, pre: bool) -> list[str]:
    """Return the releases the index has and `directory`/releases.toml lacks, oldest first.

    Raises:
        Unreachable: the index did not answer.
        BadInput: releases.toml is wrong.
    """
    return [release.version for release in _missing(_known(directory), pre=pre)]


def update(directory: Path, *, pre: bool, report: Callable[[str], None]) -> list[str]:
    """Add the releases that `directory`/releases.toml lacks, and return their versions.

    Each gets its lock first and its entry second, so an interrupted run leaves nothing half done
    and the next one goes on from there. A known release without a lock file gets one too.
    `report` is told of each lock as it is written.

    Raises:
        Unreachable: the index did not answer, the disk is full, or releases could not be locked;
            those that could are stored.
        BadInput: releases.toml is wrong.
    """
    known = _known(directory)
    added, failures = [], []
    unlocked = [item for item in known if not lock_path(directory / "locks", item.version).exists()]
    new = _missing(known, pre=pre)
    for release in (*unlocked, *new):
        try:
            text = resolve(release)
        except Unreachable as error:
            report(f"{release.version}: no lock")
            failures.append(str(error))
            continue
        write_atomically(lock_path(directory / "locks", release.version), text)
        if release in new:
            _insert(directory / "releases.toml", release)
            added.append(release.version)
        report(f"{release.version}: locked for {', '.join(release.all_pythons)}")
    if failures:
        raise Unreachable("\n\n".join(failures))
    return added


def resolve(release: Release) -> str:
    """Return the text of the lock of `release`, as the index was some days after its upload.

    Raises:
        Unreachable: uv found no solution, or did not start; its own words are in the error.
    """
    until = release.locked_on
    lowest = release.all_pythons[0]
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "-"),
        *("--universal", "--python-version", lowest),
        *("--exclude-newer", f"{until}T00:00:00Z", "--fork-strategy", "requires-python"),
        *("--only-binary", ":all:", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-config", "--no-python-downloads", "--python", sys.executable, "--quiet"),
        *("--no-emit-index-url", "--resolution", "highest", "--color", "never"),
        # uv keeps an index page for ten minutes, in which it would not know the newest release.
        "--refresh",
    ]
    # Older uv takes a candidate's own llvmlite only where a requirement here names a pre-release.
    candidate = ["llvmlite>0.dev0"] if release.is_prerelease else []
    requirements = "\n".join([f"numba=={release.version}", *ALSO, *candidate])
    body = _uv(command, requirements, f"Numba {release.version} as of {until}")
    because = f" ({release.lock_because})" if release.lock_because else ""
    return f"# Numba {release.version} and what it was installed with on {until}{because}.\n{body}"


def _uv(command: list[str], requirements: str, what: str) -> str:
    environment = for_tools(os.environ, sources=False)
    endpoint = index_url(os.environ)
    if endpoint:
        environment["UV_DEFAULT_INDEX"] = endpoint
    try:
        ran = subprocess.run(
            command, input=requirements, env=environment, capture_output=True, text=True, check=True
        )
    except OSError as error:
        raise Unreachable(f"uv did not start ({error}); install it and try again.") from error
    except subprocess.CalledProcessError as error:
        raise Unreachable(
            f"{what} could not be locked. uv says:\n{error.stderr.strip()}"
        ) from error
    return ran.stdout


def index_url(environment: Mapping[str, str]) -> str | None:
    """Return the package index that the user's settings for uv or pip name, if they name one."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if environment.get(name):
            # uv lets a name stand before the address: internal=scheme...
            return re.sub(r"^[\w.-]+=", "", environment[name])
    return None


def _known(directory: Path) -> tuple[Release, ...]:
    path = directory / "releases.toml"
    return releases.load(path) if path.exists() else ()


def _missing(known: Iterable[Release], *, pre: bool) -> list[Release]:
    """Return what the index has and `known` lacks, oldest first."""
    have = {Version(release.version) for release in known}
    return [item for item in offered(_files(), pre=pre) if Version(item.version) not in have]


def _files() -> list[DistributionPackage]:
    """Return all files of Numba on the index."""
    endpoint = index_url(os.environ)
    try:
        with PyPISimple(endpoint) if endpoint else PyPISimple() as client:
            return client.get_project_page("numba", timeout=30).packages
    except (OSError, ValueError, NoSuchProjectError, UnsupportedRepoVersionError) as error:
        # An address may hold a password.
        said = re.sub(r"//[^/@\s]*@", "//", str(error))
        raise Unreachable(
            f"the package index did not answer: {said}. Look at the network, or at the index "
            "address in UV_DEFAULT_INDEX or PIP_INDEX_URL; nothing was changed."
        ) from error


def offered(files: Iterable[DistributionPackage], *, pre: bool) -> list[Release]:
    """Return the releases from 0.48.0 on that `files` hold wheels for, oldest first.

    Yanked files do not count, nor do wheels that came later than the lock may look. With `pre`,
    candidates newer than the newest stable release are among them.

    Raises:
        Unreachable: the index does not say when a file was uploaded.
    """
    wheels: dict[Version, list[DistributionPackage]] = {}
    for file in files:
        if file.package_type == "wheel" and not file.is_yanked:
            version = Version(file.version or "0")
            wheels.setdefault(version, []).append(file)
    stable = [version for version in wheels if not version.is_prerelease]
    newest = max(stable, default=OLDEST)
    wanted = [v for v in wheels if v >= OLDEST and (not v.is_prerelease or (pre and v > newest))]
    found = [_release(version, wheels[version]) for version in sorted(wanted)]
    return [release for release in found if release.wheels]


def _release(version: Version, files: list[DistributionPackage]) -> Release:
    days = [_day(file) for file in files]
    uploaded = min(days)
    pairs = {
        pair
        for file, day in zip(files, days, strict=True)
        if day < uploaded + SETTLE
        for pair in releases.pairs_of(file.filename)
    }
    wheels = {
        platform: tuple(sorted((py for where, py in pairs if where == platform), key=Version))
        for platform in Platform
    }
    return Release(
        version=str(version),
        uploaded=uploaded,
        wheels={platform: pythons for platform, pythons in wheels.items() if pythons},
    )


def _day(file: DistributionPackage) -> dt.date:
    if file.upload_time is None:
        raise Unreachable(
            f"the package index does not say when {file.filename} was uploaded, so no lock can "
            "look back to that day; set UV_DEFAULT_INDEX to an index that does (PEP 700)."
        )
    return file.upload_time.astimezone(dt.UTC).date()


def _insert(path: Path, release: Release) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    write_atomically(path, releases.inserted(text, release))
