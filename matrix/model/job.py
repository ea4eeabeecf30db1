"""What planning yields and a run carries: the jobs of cells, as the run file holds them."""

from __future__ import annotations

from typing import Any

import msgspec

from .cell import CellStatus
from .record import Package


def runner_of(probe: str, runner: str) -> str:
    """Return the digests of what a probe is run by, given all: races have an engine of their own.

    The first of them is of what every probe has a part of.
    """
    return runner if probe.startswith("race/") else runner.partition(" ")[0]


class ProbeJob(msgspec.Struct, frozen=True):
    """A probe to run, and the key and the source that its observations will be good under.

    `patch` is a file to run in each process in which Numba is at work, or "". `beside` are copies
    of the files that it may import, by their place beside it; `environment` names one of the job's.
    """

    id: str
    carrier: str
    path: str
    key: str
    source: str
    patch: str = ""
    beside: dict[str, str] = {}
    environment: str = ""


class Environment(msgspec.Struct, frozen=True):
    """An environment of a cell's beside the plain one: its lock, and what that has beyond it."""

    lock: str
    packages: tuple[Package, ...]


class SuiteJob(msgspec.Struct, frozen=True):
    """Tests of Numba's to run: the `names` they may go by, and `patch` to run them under."""

    names: tuple[str, ...]
    patch: str = ""


class Job(msgspec.Struct, frozen=True):
    """What one cell has to do.

    `python` is an executable of this `version`, or, without one, what nox is to download. Of the
    probes that are `not_installable` it is told only why.
    """

    numba: str
    python: str
    version: str
    lock: str
    probes: tuple[ProbeJob, ...]
    upstream_key: str = ""
    environments: dict[str, Environment] = {}
    not_installable: dict[str, str] = {}

    def parts(self) -> dict[str, Job]:
        """Return the job part by part, each of one environment; the plain one is called ""."""
        parts = {}
        for name in ("", *self.environments):
            probes = tuple(probe for probe in self.probes if probe.environment == name)
            lock = self.environments[name].lock if name else self.lock
            upstream = "" if name else self.upstream_key
            part = msgspec.structs.replace(self, lock=lock, probes=probes, upstream_key=upstream)
            if probes or upstream or not self.environments:
                parts[name] = part
        return parts


class Run(msgspec.Struct, frozen=True):
    """All that the cells of one run share, and their jobs by cell, in the order to be run.

    `folder` is where their records go, `runner` where the in-cell runner is, a copy for this run;
    `known` are the probes whose records are kept. nox is started `repeat` times; `round` says which
    time it is, from 1 on. `until` is the phase to stop before, where one is.
    """

    id: str
    experiment: str
    state: str
    folder: str
    runner: str
    platform: str
    cpu: str
    isolation: str
    timeout_s: float
    jobs: dict[str, Job]
    prune: bool = False
    known: tuple[str, ...] = ()
    upstream: dict[str, SuiteJob] = {}
    upstream_timeout_s: float = 0.0
    round: int = 1
    repeat: int = 1
    until: str = ""


class Observed(msgspec.Struct, frozen=True):
    """How a cell's session went: `reason` says why it is not `ran`; `lines` are the runner's.

    `began` is a UTC time, `install_s` wall seconds, `cpu_s` those of all processes in the cell.
    Why what probes need could not be installed is said in `not_installable`, by probe.
    """

    status: CellStatus
    reason: str = ""
    began: str = ""
    install_s: float = 0.0
    cpu_s: float = 0.0
    lines: tuple[dict[str, Any], ...] = ()
    not_installable: dict[str, str] = {}

    @property
    def versions(self) -> dict[str, str]:
        """What the cell consists of, as its packages say."""
        return next((line["versions"] for line in self.lines if "versions" in line), {})
