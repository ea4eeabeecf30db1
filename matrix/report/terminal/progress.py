"""How far a run is: per cell how many probes are done, which did not as expected, and what is left.

In: the cells of a run, what each is expected to cost, and where a cell writes down what it does.
Out: on a terminal a few lines that are drawn anew, on a pipe a plain line now and then; on both a
line for each probe that did not as expected, as soon as it is known, and for each cell that ended.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from ...judge.judge import Judgement
from ...model.cell import CellStatus, parse_cell
from ...model.files import UNDECODABLE, Say, Store
from ...model.record import CellRecord, Phase, ProbeRecord
from ...model.text import counted

EVERY_S = 0.25  # how often it is looked at
LINES = 25  # on a pipe, of all the cells together
FILING_S = 60.0  # of a cell that has left nothing by then nothing will come
UNEXPECTED = 20  # lines for probes that did not as expected, of all the cells together
MINUTE_S = 60.0

# What is judged of a record that may hold a few of the cell's probes only; None: nothing is.
Judged = Callable[[CellRecord], Sequence[Judgement]] | None


class Seen(Phase, frozen=True, forbid_unknown_fields=False, kw_only=True):
    """A phase as it is written down while its cell is under way."""

    probe: str


class Cell(msgspec.Struct):
    """A cell under way: of its `probes` so many are `done`, and `in_phase` of those that go on.

    `filed` is what its record was before, to be told from the new one; `seen` are the phases of
    each probe that goes on, `held` the probes that were held against what is expected, and
    `unexpected` those that did otherwise, by judgement. It was `last` seen at work when that was
    looked at.
    """

    probes: frozenset[str]
    cost_s: float
    filed: int
    seen: dict[str, tuple[Seen, ...]] = {}
    held: set[str] = set()
    unexpected: dict[str, str] = {}
    done: int = 0
    phases: int = 0
    phase: str = ""
    in_phase: int = 0
    read: int = 0
    began: float = 0.0
    last: float = 0.0
    took: float | None = None

    @property
    def as_expected(self) -> str:
        """How many of the probes did as is expected, and how many not; "" where nothing is."""
        wrong = {*self.unexpected.values()}
        right = f", {len(self.held - wrong)} as expected" if self.held else ""
        return right + (f", {len(wrong)} not" if wrong else "")

    @property
    def left_s(self) -> float:
        """What is left of what it is expected to cost."""
        if self.took is not None:
            return 0.0
        # Interpreted, compiled and loaded: with what few probes do besides, three phases each.
        share = min(1.0, self.phases / (3 * len(self.probes))) if self.probes else 0.0
        return self.cost_s * (1 - share)


class Progress:
    """Looks at what the cells of a run write, and says how far they are. Ends with its context."""

    def __init__(
        self,
        probes: Mapping[str, Collection[str]],
        costs: Mapping[str, float],
        *,
        work: Path,
        filed: Store[CellRecord],
        jobs: int,
        say: Say,
        judged: Judged = None,
    ) -> None:
        self.work, self.filed, self.jobs, self.judged = work, filed, jobs, judged
        self.since = time.time()
        self.looked = 0.0
        self.said_at_once = 0
        self.cells = {
            name: Cell(frozenset(ids), costs.get(name, 0.0), self._mark(name))
            for name, ids in probes.items()
        }
        # What else is printed goes where it did: nox's log is written in the encoding of that.
        keys = ("auto_refresh", "redirect_stdout", "redirect_stderr")
        how: dict[str, Any] = dict.fromkeys(keys, False)
        console = Console(highlight=False, emoji=False)
        self.live = Live(console=console, transient=True, **how) if sys.stdout.isatty() else None
        # Above the lines that are drawn anew.
        self.say = (lambda line: console.print(Text(line))) if self.live else say

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
        if kind is None:  # the last cell may have ended since it was looked at
            self.looked = -EVERY_S
            self.look()
        if self.live:
            self.live.stop()

    def look(self) -> bool:
        """Look at the cells, if it is time to; return False: the run goes on."""
        now = time.monotonic()
        if now - self.looked < EVERY_S:
            return False
        self.looked = now
        for name, cell in self.cells.items():
            if cell.took is None and self._ended(name, cell, now):
                self._tell_of(name, cell)
        if self.live:
            self.live.update(Text("\n".join(self.lines())), refresh=True)
        return False

    def _tell_of(self, name: str, cell: Cell) -> None:
        """Say what became of a cell that has ended: of many cells that did well, of some only."""
        record = self.filed.load(name)
        came_to = self._came_to(cell, record)
        number, step = self._over, -(-len(self.cells) // LINES)
        well = record is not None and record.status is CellStatus.RAN and not cell.unexpected
        if number % step == 0 or number == len(self.cells) or not well:
            self.say(f"{name}: {came_to}; {self._whole}")

    def _came_to(self, cell: Cell, record: CellRecord | None) -> str:
        number = counted(len(cell.probes), "probe")
        if record is None:
            return f"{number}, nothing filed"
        if record.status is not CellStatus.RAN:
            return f"{record.status}, {record.reason}"
        mine = tuple(probe for probe in record.probes if probe.id in cell.probes)
        self._judge(cell, msgspec.structs.replace(record, probes=mine))
        return f"{number}{cell.as_expected}"

    def _judge(self, cell: Cell, record: CellRecord) -> None:
        """Judge what a record holds, and say at once what of it is not as expected."""
        for judgement in self.judged(record) if self.judged else ():
            cell.held.add(judgement.probe)
            if judgement.breaks and judgement.id not in cell.unexpected:
                cell.unexpected[judgement.id] = judgement.probe
                self._tell_at_once(f"{record.cell} {judgement.id}: {judgement.says}")

    def _tell_at_once(self, line: str) -> None:
        if self.said_at_once < UNEXPECTED:
            self.say(line)
        elif self.said_at_once == UNEXPECTED:
            self.say("what else is not as expected is said at the end")
        self.said_at_once += 1

    def lines(self) -> list[str]:
        """Return how far all is, then each cell that is under way."""
        running = {n: c for n, c in self.cells.items() if c.began and c.took is None}
        lines = [f"{self._whole}, {len(running)} running"]
        longest = max(map(len, running), default=0)
        for name, cell in running.items():
            where = f"{cell.phase} {cell.in_phase}" if cell.phase else "making its environment"
            done = f"{cell.done} of {counted(len(cell.probes), 'probe')} done{cell.as_expected}"
            lines.append(f"  {name.ljust(longest)}  {done}; {where}")
        return lines

    @property
    def _over(self) -> int:
        return sum(cell.took is not None for cell in self.cells.values())

    @property
    def _whole(self) -> str:
        left = f", about {_rounded(self.left_s)} left" if self._over < len(self.cells) else ""
        return f"{self._over} of {counted(len(self.cells), 'cell')} done{left}"

    @property
    def left_s(self) -> float:
        """Seconds that are expected to be left, by recorded costs and what they came to so far."""
        ended = [cell for cell in self.cells.values() if cell.took is not None]
        expected = sum(cell.cost_s for cell in ended)
        pace = sum(cell.took or 0.0 for cell in ended) / expected if expected else 1.0
        left = [cell.left_s for cell in self.cells.values()]
        return pace * max(sum(left) / self.jobs, max(left, default=0.0))

    def _ended(self, name: str, cell: Cell, now: float) -> bool:
        if self._at_work(name):
            cell.began, cell.last = cell.began or now, now
            self._read(name, cell)
        # Where it worked is cleared away before its record is filed.
        lost = cell.began and now - cell.last > FILING_S
        if self._mark(name) == cell.filed and not lost:
            return False
        cell.took = now - (cell.began or now)
        return True

    def _at_work(self, name: str) -> bool:
        # What an older run left behind says nothing of this one.
        with contextlib.suppress(OSError):
            return (self.work / name).stat().st_ctime >= self.since - 1
        return False

    def _read(self, name: str, cell: Cell) -> None:
        block = b""
        with contextlib.suppress(OSError), (self.work / name / "out.jsonl").open("rb") as file:
            file.seek(cell.read)
            block = file.read()
        # The last line may be half written.
        whole, newline, _ = block.rpartition(b"\n")
        cell.read += len(whole + newline)
        for line in filter(None, map(_seen, whole.splitlines())):
            if line.probe in cell.probes:
                self._note(name, cell, line)

    def _note(self, name: str, cell: Cell, line: Seen) -> None:
        cell.phases += 1
        cell.in_phase = cell.in_phase + 1 if line.name == cell.phase else 1
        cell.phase = line.name
        phases = cell.seen[line.probe] = (*cell.seen.get(line.probe, ()), line)
        probe = ProbeRecord(line.probe, line.probe.partition("/")[0], "", "", phases)
        if not probe.unfinished():
            cell.done += 1
            del cell.seen[line.probe]
            release = parse_cell(name).release
            # What no runner writes is for who files the cell to refuse.
            with contextlib.suppress(*UNDECODABLE):
                self._judge(
                    cell, CellRecord(name, "", release, CellStatus.RAN, "", probes=(probe,))
                )

    def _mark(self, name: str) -> int:
        with contextlib.suppress(OSError):
            return self.filed.path(name).stat().st_mtime_ns
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
