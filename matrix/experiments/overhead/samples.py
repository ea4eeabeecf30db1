"""What was measured, as stored: a file per cell in `.matrix/overhead`, written whole or not at all.

In and out: a `Measurement`, with every sample that was taken. Nothing is worked out here.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from ...model.cell import CellStatus
from ...model.files import SCHEMA, Say, Store, remove
from ...model.job import Job, Observed, Run
from ...model.text import counted

FOLDER = "overhead"
# Where time is taken, in the order in which the programs do these things.
IMPORTS = ("import numpy", "import numba")
FUNCTIONS = ("f0", "f1", "f2")
PARTS = ("definition", "first call", "second call")
STEPS = (*IMPORTS, *(f"{function} {part}" for function in FUNCTIONS for part in PARTS))


class RunKind(StrEnum):
    """Whether a process found a cache."""

    COLD = "cold"
    WARM = "warm"


class Program(StrEnum):
    """The four programs: without a signature or with one, all plain or the third recursive."""

    LAZY_PLAIN = "lazy_plain"
    LAZY_RECURSIVE = "lazy_recursive"
    EAGER_PLAIN = "eager_plain"
    EAGER_RECURSIVE = "eager_recursive"

    @property
    def working_part(self) -> str:
        """The part of a function's life in which it is compiled, or loaded from the cache."""
        return "definition" if self.startswith("eager") else "first call"

    @property
    def recursive(self) -> bool:
        """Whether f2 calls itself."""
        return self.endswith("recursive")

    @property
    def words(self) -> str:
        """Say it in words."""
        signature = "signature" if self.startswith("eager") else "no signature"
        return f"{signature}, {'f2 recursive' if self.recursive else 'all plain'}"


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One process of one program: seconds by step, and the machine's load around it.

    `wall_s` and `cpu_s` are of the whole process; loads are averages over one minute. `patch` is
    the name of what was run after `import numba`, and is timed as part of that, or "".
    """

    program: Program
    run: RunKind
    repetition: int
    steps: dict[str, float]
    wall_s: float
    cpu_s: float | None = None
    patch: str = ""
    load_before: float | None = None
    load_after: float | None = None


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All samples of one cell. `when` is the UTC time it began; `run` the run that took it."""

    cell: str
    run: str
    when: str
    platform: str
    cpu: str
    cores: int
    repeat: int
    samples: tuple[Sample, ...]
    schema: int = SCHEMA
    numba: str = ""
    python: str = ""
    numpy: str = ""
    llvmlite: str = ""
    llvm: str = ""

    @property
    def loads(self) -> tuple[float, ...]:
        """The load averages around its processes, as far as the system keeps them."""
        around = (load for s in self.samples for load in (s.load_before, s.load_after))
        return tuple(load for load in around if load is not None)

    @property
    def patch(self) -> str:
        """The patch that everything was measured under as well, or ""."""
        return next((s.patch for s in self.samples if s.patch), "")

    def steps(
        self, program: Program, run: RunKind, patch: str = ""
    ) -> tuple[Mapping[str, float], ...]:
        """Return the steps of every such process, by repetition."""
        asked = (program, run, patch)
        chosen = [s for s in self.samples if (s.program, s.run, s.patch) == asked]
        return tuple(s.steps for s in sorted(chosen, key=lambda sample: sample.repetition))

    def flaw(self) -> str:
        """Return what keeps this from being a whole measurement, or ""."""
        patches = {"", *(sample.patch for sample in self.samples)}
        for program, run, patch in itertools.product(Program, RunKind, sorted(patches)):
            found = self.steps(program, run, patch)
            name = f"{program}{'@' if patch else ''}{patch} {run}"
            if len(found) != self.repeat:
                return f"{name}: {len(found)} samples of {self.repeat}"
            if any(tuple(steps) != STEPS for steps in found):
                return f"{name}: its steps are not {', '.join(STEPS)}"
        return ""


def joined(older: Measurement | None, newer: Measurement) -> Measurement:
    """Return a cell's measurement with one more repetition, taken by the same run."""
    if older is None:
        return newer
    samples = older.samples + newer.samples
    return msgspec.structs.replace(older, repeat=older.repeat + newer.repeat, samples=samples)


def measurements(folder: Path, say: Say) -> Store[Measurement]:
    """Return the store of what was measured."""
    return Store(folder, say, Measurement)


def file_what_was_taken(taken: Path, folder: Path, enough: int, say: Say) -> dict[str, Measurement]:
    """Move measurements into the store: of `enough` repetitions, or of as many as are there.

    Others are let go. Nothing is written anew, so this works on a full disk too.
    """
    done = {}
    source, target = measurements(taken, say), measurements(folder, say)
    for newer in source.load_all():
        older = target.load(newer.cell)
        kept = older is None or newer.repeat >= min(older.repeat, enough)
        if kept:
            source.move(newer.cell, folder)
            done[newer.cell] = newer
        if newer.repeat < enough:
            fate = "stored as they are" if kept else "let go, as more are stored"
            say(f"{newer.cell}: {counted(newer.repeat, 'repetition')} of a run cut short, {fate}")
    remove(taken)
    return done


class Measuring:
    """The experiment that times the overhead programs, one repetition a round."""

    script = "overhead.py"
    quiet = False
    record = Measurement

    @staticmethod
    def order(run: Run, job: Job) -> dict[str, Any]:
        """Return what the in-cell runner is told of its own."""
        del job
        return {"repetition": run.round, "repeat": run.repeat}

    @staticmethod
    def longest_s(run: Run, job: Job) -> float:
        """Return how long it may take until something is heard of a process."""
        del job
        return run.timeout_s

    @staticmethod
    def filed(run: Run, cell: str, seen: Observed, older: Measurement | None) -> Measurement | None:
        """Return the measurement with one more repetition, or None when one was not whole.

        Of a program that fails now and then no figure is worth anything.
        """
        if seen.status is not CellStatus.RAN:
            return None
        newer = Measurement(
            cell=cell,
            run=run.id,
            when=seen.began,
            platform=run.platform,
            cpu=run.cpu,
            cores=os.cpu_count() or 1,
            repeat=1,
            samples=tuple(msgspec.convert(line, Sample) for line in seen.lines if "steps" in line),
        )
        newer = msgspec.structs.replace(newer, **seen.versions)
        return None if newer.flaw() else joined(older, newer)
