"""Start the driver as a user would, on real cells, with a state folder of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model import outcome
from matrix.model.record import CellRecord, Phase, chosen

ROOT = Path(__file__).parents[2]
# A cell's environment is of one process at a time: of those that test at once, each has its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
ENVIRONMENTS = ROOT / ".nox" / ("" if WORKER == "gw0" else WORKER)
# Generous, and only ever waited for when something is broken.
PATIENCE_S = 300.0
PROJECT_FILES = ("noxfile.py", "pyproject.toml", "matrix", "probes/_cell", "tests/claims")
CELLS_OF_NOBODY = shutil.ignore_patterns("__pycache__", "*.pyc")

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells of children, and children of a sudden death"
)
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and /proc")


class Driver(msgspec.Struct, frozen=True):
    """A project, the environments of its cells, and a state folder to run it in."""

    state: Path
    envdir: Path = ENVIRONMENTS
    project: Path = ROOT

    def run(self, *words: str) -> Ended:
        """Run to its end what is under `nox -s matrix -- WORDS`, whose status is the finer one."""
        return self.start("run", *words, "--envdir", str(self.envdir)).end()

    def judge(self, *words: str) -> Ended:
        """Run to its end what is under `nox -s report -- WORDS`."""
        return self.start("report", *words).end()

    def start(self, *words: str, before: Callable[[], None] | None = None) -> Running:
        """Start a command of the driver in a process group of its own, as a shell does.

        `before` is called in the new process first (POSIX).
        """
        self.state.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        environment.pop("NUMBA_MATRIX_RUN", None)
        process = subprocess.Popen(
            [sys.executable, "-m", "matrix", *words, "--state", str(self.state)],
            cwd=self.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            process_group=0 if os.name == "posix" else None,
            preexec_fn=before,  # noqa: PLW1509 (no thread of ours holds anything)
        )
        return Running(process)

    def stored(self, cell: str) -> CellRecord | None:
        """Return what is stored of a cell, whichever probes it is of."""
        for folder in (self.state, *self.state.glob("probes/*")):
            path = folder / "observations" / f"{cell}.json"
            if path.exists():
                return msgspec.json.decode(path.read_bytes(), type=CellRecord)
        return None

    def outcomes(self, cell: str, isolation: str = "exec") -> dict[str, str]:
        """Return what each probe did in a cell, in words."""
        return {
            probe: str(outcome.result_of(record))
            for probe, record in chosen(self.record(cell), isolation).items()
        }

    def record(self, cell: str) -> CellRecord:
        """Return the record of a cell that has one."""
        record = self.stored(cell)
        assert record is not None
        return record

    def phases(self, cell: str) -> list[tuple[str, Phase]]:
        """Return every phase that is stored of a cell, with its probe."""
        return [(p.id, phase) for p in self.record(cell).probes for phase in p.phases]

    def report(self) -> dict[str, Any]:
        """Return matrix.json of this project's own probes."""
        text = (self.state / "report" / "matrix.json").read_text(encoding="utf-8")
        report: dict[str, Any] = json.loads(text)
        return report


class Ended(msgspec.Struct, frozen=True):
    """How the driver ended, and all it and nox said."""

    status: int
    said: str

    def due(self) -> tuple[int, int]:
        """Return how many probe runs in how many cells there were to do."""
        line = next(line for line in self.said.splitlines() if " to do, " in line)
        words = line.split()
        return int(words[0]), int(words[4])

    def without_traceback(self) -> str:
        """Return what was said, seeing that no exception was let through."""
        assert "Traceback" not in self.said, self.said
        return self.said


class Running(msgspec.Struct, frozen=True):
    """A driver under way."""

    process: subprocess.Popen[str]

    def end(self) -> Ended:
        """Wait for its end."""
        try:
            said, _ = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
            raise
        return Ended(self.process.returncode, said)

    def read_until(self, text: str) -> str:
        """Read what it says up to the line that holds `text`."""
        said = ""
        assert self.process.stdout
        for line in self.process.stdout:
            said += line
            if text in line:
                return said
        pytest.fail(f"{text!r} was never said:\n{said}")


def copy_project(folder: Path, probes: Iterable[str], claims: str) -> Path:
    """Copy the project with some of its probes and other claims, as if somebody had edited it.

    What these may import from beside them is copied with them.
    """
    files = [ROOT / "probes" / f"{probe}.py" for probe in probes]
    files += [path for near in {file.parent for file in files} for path in near.glob("_*.py")]
    wanted = [*PROJECT_FILES, *(file.relative_to(ROOT).as_posix() for file in files)]
    for name in wanted:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=CELLS_OF_NOBODY)
        else:
            shutil.copyfile(ROOT / name, target)
    (folder / "matrix" / "data" / "claims.toml").write_text(claims, encoding="utf-8")
    return folder


def claim(probe: str, expected: str, **fields: str) -> str:
    """Return the entry of a claims file: a promise, but for `fields` (TOML values)."""
    entry = {"kind": '"promise"', "why": '"a test"', "expect": f"[{expected}]"} | fields
    return f'["{probe}"]\n' + "".join(f"{name} = {value}\n" for name, value in entry.items())


WAITING = '''"""Waits, and its child tries to escape, while a file of the cell's name is there."""
import os
import subprocess
import time

import numba
from numba import njit

FOLDER = {folder!r}
FLAG = os.path.join(FOLDER, "wait-in-" + numba.__version__)


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    if os.path.exists(FLAG):
        child = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        with open(os.path.join(FOLDER, "pids"), "a") as file:
            file.write("%d\\n%d\\n." % (os.getpid(), child.pid))
    while os.path.exists(FLAG):
        time.sleep(0.05)
    return double(2)
'''


def copy_project_that_waits(folder: Path) -> Path:
    """Copy the project with an ordinary probe, and one that waits while `flag(...)` is there."""
    claims = [claim(probe, '{ outcome = "hit" }') for probe in ("cache/plain_lazy", "cache/waits")]
    project = copy_project(folder / "project", ["cache/plain_lazy"], "\n".join(claims))
    probe = project / "probes" / "cache" / "waits.py"
    probe.write_text(WAITING.format(folder=str(folder)))
    return project


def flag(folder: Path, cell: str) -> Path:
    """Return the file that makes a cell's probe wait."""
    return folder / f"wait-in-{cell.partition('-')[0]}"


def pids_of_the_waiting(folder: Path) -> list[int]:
    """Wait until the probe waits, and return its pid and its child's."""
    path = folder / "pids"
    wait_for(lambda: path.exists() and path.read_text().endswith("."), "a probe that waits")
    return [int(line) for line in path.read_text().split("\n")[:2]]


def wait_for(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something is there and return it; fail the test when it never is."""
    deadline = time.monotonic() + PATIENCE_S
    while not (seen := happened()):
        if time.monotonic() > deadline:
            pytest.fail(f"never came: {what}")
        time.sleep(0.02)
    return seen


def alive(pid: int) -> bool:
    """Whether a process is there; one that has ended and waits to be reaped is not."""
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes_about(folder: Path) -> list[str]:
    """Return the command lines of the processes that have `folder` in them (Linux)."""
    return [words for _, words in processes_in(folder)]


def processes_in(folder: Path) -> list[tuple[int, str]]:
    """Return the processes that have `folder` in their command lines, and these (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words and path.parent.name != str(os.getpid()):
            found.append((int(path.parent.name), words))
    return found
