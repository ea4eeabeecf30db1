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
class Needing:
    """What is installed for a user's own probes."""

    with_: tuple[str, ...] = ()
    as_of: str = "now"


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Selecting):
    """Which machines a selection is for, when it is not this one."""

    platform: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run(Selecting, Running, Needing):
    """select, run, judge, report"""

    patch: str = ""
    numba: tuple[str, ...] = ()
    numba_python: str = ""
    base: str = ""
    upstream: bool = False
    otherwise: str = ""
    shard: str = ""
    pythons: tuple[str, ...] = ()
    summary: Path | None = None
    table: bool = False


@dataclass(frozen=True, kw_only=True)
class Bisect(Running, Needing):
    """where did it change"""

    changed: tuple[str, ...]
    python: str | None = None
    probes: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Overhead(Starting):
    """what things cost"""

    selectors: tuple[str, ...] = ()
    repeat: int = 5
    patch: str = ""
    stored: bool = False
    pre: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Share(Starting):
    """two cells on one cache folder"""

    selectors: tuple[str, ...] = ()
    sharing: str = "cache/array_lazy"
    cpu_names: tuple[str, ...] = ()
    oldest_numpy: bool = False
    pre: bool = False


@dataclass(frozen=True, kw_only=True)
class Report(Elsewhere):
    """judge what is stored"""

    summary: Path | None = None
    table: bool = False
    reference: bool = False


@dataclass(frozen=True, kw_only=True)
class Reference(Running):
    """renew the committed result of all cells"""

    stored: bool = False
    lacking: bool = False
    redraw: bool = False
    check: bool = False


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

    reports: tuple[Path | str, ...]
    cells: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    format: str = "text"
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Show(Stored):
    """what is stored of one square"""

    square: tuple[str, ...]
    probes: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Debug(Starting, Needing):
    """one phase of a square, by hand"""

    square: tuple[str, ...]
    phase: str = ""
    gdb: bool = False
    folder: Path | None = None
    patch: str = ""
    probes: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Claims(Stored):
    """claim what was observed"""

    probes: Path | None = None
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Audit(Stored):
    """check the suite's own files"""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """add new Numba releases"""

    check: bool = False
    pre: bool = False
    output: Path | None = None


KINDS = (
    Run, Bisect, Overhead, Share, Report, Reference, Plan, Merge, Diff, Show, Debug, Claims, Audit,
    Lock,
)  # fmt: skip
COMMANDS: Mapping[str, type] = {kind.__name__.lower(): kind for kind in KINDS}
