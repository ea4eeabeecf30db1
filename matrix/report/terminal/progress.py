"""How far a run is: per cell how many probes are done, and what is left of what was expected.

In: the cells of a run, what each is expected to cost, and where a cell writes down what it does.
Out: on a terminal a few lines that are drawn anew, on a pipe a plain line now and then.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from ...model.files import UNDECODABLE, Say
from ...model.record import PHASES, Phase
from ...model.text import counted

EVERY_S = 0.25  # how often it is looked at
LINES = 25  # on a pipe, of all the cells together
LAST = {order[-1] for order in PHASES.values()}
MINUTE_S = 60.0


class Seen(Phase, frozen=True, forbid_unknown_fields=False, kw_only=True):
    """A phase as it is written down while its cell is under way."""

    probe: str

    @property
    def is_last(self) -> bool:
        """Whether no further phase of the probe follows this one."""
        hit = self.name == "warm" and self.is_clean_hit
        return self.status != "answered" or self.name in LAST or hit


class Cell(msgspec.Struct):
    """A cell under way: `probes` of which so many are `done`, and `in_phase` of those that go on.

    `filed` is what its record was before, to be told from the new one.
    """

    probes: int
    cost_s: float
    filed: int
    done: int = 0
    phases: int = 0
    phase: str = ""
    in_phase: int = 0
    read: int = 0
    began: float = 0.0
    took: float | None = None

    @property
    def left_s(self) -> float:
        """What is left of what it is expected to cost."""
        if self.took is not None:
            return 0.0
        # Interpreted, compiled and loaded: with what few probes do besides, three phases each.
        share = min(1.0, self.phases / (3 * self.probes)) if self.probes else 0.0
        return self.cost_s * (1 - share)


class Progress:
    """Looks at what the cells of a run write, and says how far they are. Ends with its context."""

    def __init__(
        self,
        probes: Mapping[str, int],
        costs: Mapping[str, float],
        *,
        work: Path,
        filed: Path,
        jobs: int,
        say: Say,
    ) -> None:
        self.work, self.filed, self.jobs, self.say = work, filed, jobs, say
        self.since = time.time()
        self.looked = 0.0
        self.cells = {
            name: Cell(number, costs.get(name, 0.0), self._mark(name))
            for name, number in probes.items()
        }
        # What else is printed goes where it did: nox's log is written in the encoding of that.
        keys = ("auto_refresh", "redirect_stdout", "redirect_stderr")
        how: dict[str, Any] = dict.fromkeys(keys, False)
        console = Console(highlight=False, emoji=False)
        self.live = Live(console=console, transient=True, **how) if sys.stdout.isatty() else None

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.live:
            self.live.stop()

    def look(self) -> bool:
        """Look at the cells, if it is time to; return False: the run goes on."""
        now = time.monotonic()
        if now - self.looked < EVERY_S:
            return False
        self.looked = now
        ended = [name for name, cell in self.cells.items() if self._ended(name, cell, now)]
        if self.live:
            self.live.update(Text("\n".join(self.lines())), refresh=True)
        else:
            for line in self.told(ended):
                self.say(line)
        return False

    def told(self, ended: list[str]) -> list[str]:
        """Return the plain lines for cells that have ended: of many cells, of some only."""
        over = [name for name, cell in self.cells.items() if cell.took is not None]
        step = -(-len(self.cells) // LINES)
        first = len(over) - len(ended)
        return [
            f"{name}: {counted(self.cells[name].probes, 'probe')}; {self._whole(number)}"
            for number, name in enumerate(ended, first + 1)
            if number % step == 0 or number == len(self.cells)
        ]

    def lines(self) -> list[str]:
        """Return how far all is, then each cell that is under way."""
        over = sum(cell.took is not None for cell in self.cells.values())
        running = {n: c for n, c in self.cells.items() if c.began and c.took is None}
        lines = [f"{self._whole(over)}, {len(running)} running"]
        longest = max(map(len, running), default=0)
        for name, cell in running.items():
            where = f"{cell.phase} {cell.in_phase}" if cell.phase else "making its environment"
            done = f"{cell.done} of {counted(cell.probes, 'probe')} done"
            lines.append(f"  {name.ljust(longest)}  {done}, {where}")
        return lines

    def _whole(self, over: int) -> str:
        left = f", about {_rounded(self.left_s)} left" if over < len(self.cells) else ""
        return f"{over} of {counted(len(self.cells), 'cell')} done{left}"

    @property
    def left_s(self) -> float:
        """Seconds that are expected to be left, by recorded costs and what they came to so far."""
        ended = [cell for cell in self.cells.values() if cell.took is not None]
        expected = sum(cell.cost_s for cell in ended)
        pace = sum(cell.took or 0.0 for cell in ended) / expected if expected else 1.0
        left = [cell.left_s for cell in self.cells.values()]
        return pace * max(sum(left) / self.jobs, max(left, default=0.0))

    def _ended(self, name: str, cell: Cell, now: float) -> bool:
        if cell.took is not None:
            return False
        at_work = self._at_work(name)
        if at_work and not cell.began:
            cell.began = now
        if at_work:
            self._read(name, cell)
        if self._mark(name) == cell.filed and (at_work or not cell.began):
            return False
        cell.took = now - (cell.began or now)
        return True

    def _at_work(self, name: str) -> bool:
        # What an older run left behind says nothing of this one.
        with contextlib.suppress(OSError):
            return (self.work / name).stat().st_ctime >= self.since - 1
        return False

    def _read(self, name: str, cell: Cell) -> None:
        with contextlib.suppress(OSError), (self.work / name / "out.jsonl").open("rb") as file:
            file.seek(cell.read)
            # The last line may be half written.
            whole, newline, _ = file.read().rpartition(b"\n")
            cell.read += len(whole + newline)
            for line in filter(None, map(_seen, whole.splitlines())):
                cell.done += line.is_last
                cell.phases += 1
                cell.in_phase = cell.in_phase + 1 if line.name == cell.phase else 1
                cell.phase = line.name

    def _mark(self, name: str) -> int:
        with contextlib.suppress(OSError):
            return (self.filed / f"{name}.json").stat().st_mtime_ns
        return 0


def _seen(line: bytes) -> Seen | None:
    """Return what a line says of a phase; others, and what a probe may have put there, say none."""
    with contextlib.suppress(*UNDECODABLE):
        return msgspec.json.decode(line, type=Seen)
    return None


def _rounded(seconds: float) -> str:
    if seconds < 1.5 * MINUTE_S:
        return f"{10 * max(1, round(seconds / 10))} s"
    return f"{round(seconds / MINUTE_S)} min"
