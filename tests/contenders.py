"""Who does the same in a bench: a plain script, tox, this suite, and the least that it can cost.

In: cells and probes. Out: the wall and CPU seconds that each took.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from uv import find_uv_bin

from matrix.errors import Unreachable
from matrix.experiments.probe import Probe
from matrix.model.cell import Cell
from matrix.model.files import ROOT
from matrix.model.record import observations
from matrix.project import DATA
from matrix.run import processes
from matrix.run.cell import children_cpu
from matrix.run.environment import environment
from matrix.select.interpreters import Interpreter
from matrix.select.releases import lock_path

RUNNER = ROOT / "probes" / "_cell"


class Figures(msgspec.Struct, frozen=True):
    """What one contender took in one round, in seconds: the wall, all its CPU, that in cells."""

    wall_s: float
    cpu_s: float
    cells_cpu_s: float | None = None

    def __str__(self) -> str:
        """Read as `8.1 s wall, 12.0 s CPU, 9.3 of it in cells`."""
        inside = f", {self.cells_cpu_s:.1f} of it in cells" if self.cells_cpu_s else ""
        return f"{self.wall_s:.1f} s wall, {self.cpu_s:.1f} s CPU{inside}"


class Bench(msgspec.Struct, frozen=True):
    """What all contenders do: these probes in these cells, below this folder."""

    folder: Path
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]
    interpreters: dict[str, Interpreter]
    jobs: int

    def hashed(self, cell: Cell) -> tuple[str, ...]:
        """Return the words that name a cell's lock to an installer."""
        return ("--require-hashes", "-r", str(lock_path(DATA / "locks", cell.release)))

    def virtualenv(self, cell: Cell, env: Path) -> str:
        """Make a plain virtualenv for a cell, and return its Python."""
        call([self.interpreters[cell.python].path, "-m", "venv", str(env)])
        return str(env / "bin" / "python")

    @property
    def packages(self) -> Path:
        """Where `fetch` leaves every package for pip."""
        return self.folder / "packages"

    @property
    def from_packages(self) -> dict[str, str]:
        """The environment variables that make pip take packages from there, and ask nobody."""
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.packages.as_uri()}

    def commands(self, folder: Path) -> Iterator[list[str]]:
        """Yield what a plain script does in a cell: the words after its Python.

        A change is a process per phase, with the edit between. No script forces the orders of a
        race: it has two processes go at once, one time, and looks at what they leave.
        """
        if job := [probe for probe in self.probes if probe.carrier != "race"]:
            yield [str(RUNNER), str(self.job(folder, job))]
        for probe in self.probes:
            if probe.carrier == "race":
                yield [str(RUNNER / "rush.py"), str(probe.path), "1", "2"]

    def job(self, folder: Path, probes: Sequence[Probe]) -> Path:
        """Write the runner's job for `folder`, a process per phase, and return its path."""
        folder.mkdir(parents=True)
        job = {
            "scratch": str(folder / "scratch"),
            "out": str(folder / "out.jsonl"),
            "timeout_s": 120,
            "isolation": "exec",
            "c_once": False,
            "probes": [
                {
                    "id": probe.id,
                    "carrier": probe.carrier,
                    "path": str(probe.path),
                    "beside": {place: str(file) for place, file in probe.beside.items()},
                }
                for probe in probes
            ],
        }
        path = folder / "job.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        return path


def fetch(bench: Bench) -> None:
    """Put every package where pip will find it, and into uv's cache: no time is a download's.

    pip's own cache is not enough: each CPython brings a pip of its own, which may not read what
    another keeps, and none keeps what an index forbids to.
    """
    for cell in bench.cells:
        env = bench.folder / f"{cell.id}-fetch"
        python = bench.virtualenv(cell, env)
        hashed = bench.hashed(cell)
        call([python, "-m", "pip", "download", "--quiet", "--dest", str(bench.packages), *hashed])
        call([find_uv_bin(), "pip", "install", "--quiet", "--python", python, *hashed])
        shutil.rmtree(env)


def naive(bench: Bench, folder: Path) -> Figures:
    """A virtualenv with pip per cell, a process per phase, one cell after the other."""
    with measured() as figures:
        for cell in bench.cells:
            python = bench.virtualenv(cell, folder / cell.id)
            call([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                  *bench.hashed(cell)], bench.from_packages)  # fmt: skip
            for words in bench.commands(folder / f"{cell.id}-job"):
                call([python, *words])
    return figures()


def tox(bench: Bench, folder: Path) -> Figures:
    """The same with tox, as many environments at a time as the suite runs cells."""
    sections = [f"[tox]\nskipsdist = true\nenv_list = {','.join(c.id for c in bench.cells)}\n"]
    for cell in bench.cells:
        commands = bench.commands(folder / f"{cell.id}-job")
        lock = lock_path(DATA / "locks", cell.release)
        sections.append(
            f"[testenv:{cell.id}]\nskip_install = true\n"
            f"base_python = {bench.interpreters[cell.python].path}\n"
            f"deps = -r {lock}\ncommands =\n"
            + "".join(f"    python {' '.join(words)}\n" for words in commands)
        )
    config = folder / "tox.ini"
    config.write_text("\n".join(sections), encoding="utf-8")
    with measured() as figures:
        call([sys.executable, "-m", "tox", "run-parallel", "--parallel", str(bench.jobs),
              "--conf", str(config), "--workdir", str(folder / ".tox")],
             bench.from_packages)  # fmt: skip
    return figures()


def suite(bench: Bench, folder: Path) -> Figures:
    """This suite: select, install, run, judge and report, from nothing but a package cache."""
    return run_suite(bench, folder)


def again(bench: Bench, folder: Path) -> Figures:
    """This suite once more, every probe, in the environments that `suite` has made."""
    return run_suite(bench, folder.with_name("suite"), "--fresh")


def run_suite(bench: Bench, state: Path, *more: str) -> Figures:
    """Run the suite with everything of its own below `state`; the CPU in cells is what it filed."""
    words = [cell.id for cell in bench.cells]
    globs = [word for probe in bench.probes for word in ("--probe", probe.id)]
    with measured() as figures:
        call([sys.executable, "-m", "matrix", "run", *words, *globs, "--state", str(state),
              "--jobs", str(bench.jobs), "--envdir", str(state / "envs"), *more])  # fmt: skip
    store = observations(state / "observations", print)
    records = [store.load(cell.id) for cell in bench.cells]
    in_cells = sum(record.cpu_s for record in records if record is not None)
    return msgspec.structs.replace(figures(), cells_cpu_s=in_cells)


def limit(bench: Bench, folder: Path) -> Figures:
    """One process per cell that imports once and does all in line, divided by the cores."""
    envs = folder.with_name("suite") / "envs"
    with measured() as figures:
        for cell in bench.cells:
            call([str(environment(envs, cell.id) / "bin" / "python"), str(RUNNER / "limit.py"),
                  str(bench.job(folder / cell.id, bench.probes))])  # fmt: skip
    seen = figures()
    return Figures(seen.wall_s / bench.jobs, seen.cpu_s, seen.cpu_s)


# In this order. The limit is measured in the environments that the suite has made, where Python
# has compiled Numba's sources already; held against it is what the suite takes there, not the
# first time.
CONTENDERS: tuple[Callable[[Bench, Path], Figures], ...] = (naive, tox, suite, again, limit)


def fresh(folder: Path) -> Path:
    """Return the folder, which is there and empty from now on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class measured:  # noqa: N801 (read as a word: with measured() as figures)
    """Measure the block: wall time, and the CPU of every process that ended in it."""

    def __enter__(self) -> Callable[[], Figures]:
        self.wall, self.cpu = time.monotonic(), children_cpu()
        self.seen = Figures(0, 0)
        return lambda: self.seen

    def __exit__(self, *_: object) -> None:
        self.seen = Figures(time.monotonic() - self.wall, children_cpu() - self.cpu)


def call(command: Sequence[str], more: Mapping[str, str] | None = None) -> None:
    """Run a contender's command, with `more` in its environment.

    Raises Unreachable with what it said when it fails: that has no time worth comparing.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NUMBA_"))}
    clean[processes.PARENT] = str(os.getpid())
    done = subprocess.run(
        command, cwd=ROOT, env=clean | dict(more or {}), text=True, capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise Unreachable(f"{' '.join(command[:6])} ... failed:\n{said}")
