"""What can be asked of every command: one frozen struct each, whose fields are its options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .model.files import ROOT
from .select.machine import default_isolation


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What every command about observations knows: where they are kept."""

    state: Path = ROOT / ".matrix"


@dataclass(frozen=True, kw_only=True)
class Selecting(Stored):
    """Which cells and which probes a command is about."""

    selectors: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    probes: Path | None = None
    pre: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Starting(Stored):
    """How processes are started in cells."""

    timeout: float = 120.0
    download_python: str = "never"
    envdir: Path = ROOT / ".nox"


@dataclass(frozen=True, kw_only=True)
class Running(Starting):
    """How cells are run."""

    isolation: str = default_isolation()
    jobs: int = os.cpu_count() or 1
    fresh: bool = False
    prune: bool = False


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Selecting):
    """Which machines a selection is for, when it is not this one."""

    platform: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run(Selecting, Running):
    """select, run, judge, report"""

    patch: str = ""
    upstream: bool = False
    shard: str = ""
    pythons: tuple[str, ...] = ()
    summary: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Bisect(Running):
    """where did it change"""

    changed: tuple[str, ...]
    python: str | None = None
    probes: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Overhead(Starting):
    """what things cost"""

    selectors: tuple[str, ...] = ()
    repeat: int = 5
    stored: bool = False
    pre: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Share(Running):
    """two cells on one cache folder"""

    selectors: tuple[str, ...] = ()
    sharing: str = "cache/array_lazy"
    cpu_names: tuple[str, ...] = ()
    pre: bool = False


@dataclass(frozen=True, kw_only=True)
class Report(Elsewhere):
    """judge what is stored"""

    summary: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Plan(Elsewhere):
    """deal the cells to machines"""

    shards: int = 1
    format: str = "json"
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Merge(Stored):
    """join observations"""

    folders: tuple[Path, ...]
    probes: Path | None = None
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class Diff(Stored):
    """what two reports say"""

    reports: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Check(Stored):
    """check every file"""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """add new Numba releases"""

    check: bool = False
    pre: bool = False
    output: Path | None = None


KINDS = (Run, Bisect, Overhead, Share, Report, Plan, Merge, Diff, Check, Lock)
COMMANDS: Mapping[str, type] = {kind.__name__.lower(): kind for kind in KINDS}
