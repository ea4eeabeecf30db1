"""What was measured, as stored: a file per cell in `.matrix/overhead`, written whole or not at all.

In and out: a `Measurement`, with every sample that was taken. Nothing is worked out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from matrix.cells import filed_in
from matrix.errors import BadInput, Unreachable
from matrix.files import UNDECODABLE, read_regular, set_aside, write_atomically

SCHEMA = 1
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

    `wall_s` and `cpu_s` are of the whole process; loads are averages over one minute.
    """

    program: Program
    run: RunKind
    repetition: int
    steps: dict[str, float]
    wall_s: float
    cpu_s: float | None = None
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

    def steps(self, program: Program, run: RunKind) -> tuple[Mapping[str, float], ...]:
        """Return the steps of every such process, by repetition."""
        chosen = [s for s in self.samples if s.program is program and s.run is run]
        return tuple(s.steps for s in sorted(chosen, key=lambda sample: sample.repetition))

    def missing(self) -> str:
        """Return what keeps this from being a whole measurement, or ""."""
        for program in Program:
            for run in RunKind:
                found = self.steps(program, run)
                if len(found) != self.repeat:
                    return f"{program} {run}: {len(found)} samples of {self.repeat}"
                if any(tuple(steps) != STEPS for steps in found):
                    return f"{program} {run}: its steps are not {', '.join(STEPS)}"
        return ""


def joined(older: Measurement | None, newer: Measurement) -> Measurement:
    """Return a cell's measurement with one more repetition, taken by the same run."""
    if older is None:
        return newer
    samples = older.samples + newer.samples
    return msgspec.structs.replace(older, repeat=older.repeat + newer.repeat, samples=samples)


def load(folder: Path, cell: str, say: Callable[[str], None]) -> Measurement | None:
    """Return what is stored of a cell, or None.

    A file that is not a whole measurement of that cell is renamed to `*.set-aside` and said.
    """
    path = folder / f"{cell}.json"
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(read_regular(path), type=Measurement)
        why = found.missing()
    except (BadInput, *UNDECODABLE) as error:
        found, why = None, str(error)
    if found is not None and found.schema != SCHEMA:
        why = f"its schema is {found.schema}, not {SCHEMA}"
    if found is not None and found.cell != cell:
        why = f"it holds the cell {found.cell}"
    if not why:
        return found
    kept = set_aside(path).name
    say(f"{path.name}: not usable ({why}); kept as {kept}, measure its cell again")
    return None


def load_all(folder: Path, say: Callable[[str], None]) -> tuple[Measurement, ...]:
    """Return every measurement stored, oldest release first; other files are no concern."""
    found = (load(folder, cell, say) for cell in filed_in(folder))
    return tuple(measurement for measurement in found if measurement is not None)


def save(folder: Path, measurement: Measurement) -> None:
    """Store a measurement in place of the cell's last one."""
    text = msgspec.json.format(msgspec.json.encode(measurement), indent=1).decode()
    write_atomically(folder / f"{measurement.cell}.json", text + "\n")


def move(cell: str, source: Path, target: Path) -> None:
    """Move what is stored of a cell to another folder on the same disk; raises Unreachable."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        (source / f"{cell}.json").replace(target / f"{cell}.json")
    except OSError as error:
        raise Unreachable(f"{target} cannot be written to: {error.strerror}") from error


def forget(folder: Path, cell: str) -> None:
    """Remove what is stored of a cell."""
    (folder / f"{cell}.json").unlink(missing_ok=True)
