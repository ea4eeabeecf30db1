"""How far a run is, by what its cells write; where the report of a narrowed run goes."""

from __future__ import annotations

import errno
import itertools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from matrix.commands.stored.place import place
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import Judgement, judge
from matrix.model.cell import CellStatus
from matrix.model.outcome import Outcome
from matrix.model.record import CellRecord, observations
from matrix.report.pages import write
from matrix.report.terminal import progress
from matrix.report.terminal.progress import EVERY_S, UNEXPECTED, Judged, Progress
from tests.unit import records
from tests.unit.test_report import PROBES, claimed, usual

CELLS = ("0.48.0-cp38", "0.57.0-cp311")


PROBES_OF_A_CELL = ("cache/a", "cache/b")
MORE = "0 compiled, data files unchanged"
CLAIMS = {
    probe: Claim(Kind.PROMISE, "it is", (Expectation(Outcome.HIT),)) for probe in PROBES_OF_A_CELL
}


def by_claims(record: CellRecord) -> Sequence[Judgement]:
    """Hold the claims against a record, as a run does."""
    return judge([record], [p.id for p in record.probes], CLAIMS, "exec", whole=False).judgements


class Run:
    """A run of two cells, each expected to take 40 s, one at a time."""

    def __init__(
        self,
        folder: Path,
        judged: Judged = by_claims,
        cells: Sequence[str] = CELLS,
        probes: Sequence[str] = PROBES_OF_A_CELL,
    ) -> None:
        self.work, self.said = folder / "work", list[str]()
        self.filed = observations(folder / "filed", self.said.append)
        costs = dict.fromkeys(cells, 40.0)
        self.progress = Progress(
            dict.fromkeys(cells, probes), costs, work=self.work, filed=self.filed, jobs=1,
            say=self.said.append, judged=judged,
        )  # fmt: skip

    def look(self) -> list[str]:
        """Return how far it is by now."""
        self.progress.looked = -EVERY_S
        assert self.progress.look() is False
        return self.progress.lines()

    def writes(self, cell: str, *lines: str) -> None:
        """Have a cell write down what it does."""
        path = self.work / cell / "out.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def ends(self, record: CellRecord) -> None:
        """Have a cell file its record and leave."""
        self.filed.save(record)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run that nothing has become of yet."""
    return Run(tmp_path)


def line(probe: str, phase: object) -> str:
    return json.dumps(msgspec.to_builtins(phase) | {"probe": probe}) + "\n"


def test_a_cell_tells_its_phase_and_how_many_probes_are_done(run: Run) -> None:
    a, b = PROBES_OF_A_CELL
    assert run.look() == ["0 of 2 cells done, about 80 s left, 0 running"]
    run.writes(CELLS[0], '{"versions": {}}\n')
    assert run.look()[1] == f"  {CELLS[0]}  0 of 2 probes done; making its environment"
    run.writes(CELLS[0], *(line(p, records.phase("interpreted")) for p in (a, b)))
    assert run.look()[1] == f"  {CELLS[0]}  0 of 2 probes done; interpreted 2"
    run.writes(CELLS[0], line(a, records.cold()), line(b, records.cold())[:40])
    assert run.look() == [
        "0 of 2 cells done, about 60 s left, 1 running",
        f"  {CELLS[0]}  0 of 2 probes done; cold 1",
    ]
    run.writes(CELLS[0], line(b, records.cold())[40:])
    run.writes(CELLS[0], line(a, records.warm()), line(b, records.warm(misses=1)))
    assert run.look()[1] == f"  {CELLS[0]}  1 of 2 probes done, 1 as expected; warm 2"
    run.writes(CELLS[0], line(b, records.warm("again")))
    assert run.look()[1] == f"  {CELLS[0]}  2 of 2 probes done, 1 as expected, 1 not; again 1"
    assert run.said == [
        f"{CELLS[0]} {b}: recompiled in warm (late); claimed: hit; 1 hits, 1 misses, {MORE}"
    ]


def test_a_probe_that_died_is_done_and_said_at_once(run: Run) -> None:
    run.writes(CELLS[0], line("cache/a", records.phase("interpreted")))
    run.writes(CELLS[0], line("cache/a", records.failing("cold", "crashed", signal="SIGSEGV")))
    assert run.look()[1].endswith("1 of 2 probes done, 0 as expected, 1 not; cold 1")
    assert run.said == [f"{CELLS[0]} cache/a: crashed in cold (SIGSEGV); claimed: hit"]


def test_what_a_probe_may_have_written_there_is_passed_over(run: Run) -> None:
    run.writes(CELLS[0], "[1]\n", "{}\n", "\x00\n", '{"probe": 3}\n', "not JSON\n")
    run.writes(CELLS[0], line("cache/other", records.failing("interpreted", "raised")))
    assert run.look()[1].endswith("0 of 2 probes done; making its environment")
    assert not run.said


def test_a_race_that_no_runner_wrote_is_left_to_who_files_it(tmp_path: Path) -> None:
    run = Run(tmp_path, probes=["race/a"])
    run.writes(CELLS[0], line("race/a", records.phase("interpreted")))
    run.writes(CELLS[0], line("race/a", records.phase("race", value={"word": "none"})))
    assert run.look()[1].endswith("1 of 1 probe done; race 1")
    assert not run.said


def test_what_cannot_be_said_is_not_swallowed(run: Run) -> None:
    def full(_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run.progress.say = full
    run.writes(
        CELLS[0], line("cache/a", records.failing("interpreted", "crashed", signal="SIGSEGV"))
    )
    with pytest.raises(OSError, match="No space left"):
        run.look()


def test_a_cell_that_has_ended_says_how_many_did_as_expected(run: Run) -> None:
    good = [records.hit(probe) for probe in PROBES_OF_A_CELL]
    for cell, probes in zip(CELLS, (good, [good[0], records.recompiled("cache/b")]), strict=True):
        run.writes(cell, line("cache/a", records.phase("interpreted")))
        run.look()
        run.ends(records.cell(cell, *probes))
        run.look()
    assert run.said[0].startswith(f"{CELLS[0]}: 2 probes, 2 as expected; 1 of 2 cells done, about ")
    assert run.said[1].startswith(f"{CELLS[1]} cache/b: recompiled in warm (never); claimed: hit")
    assert run.said[2:] == [f"{CELLS[1]}: 2 probes, 1 as expected, 1 not; 2 of 2 cells done"]


def test_what_is_said_at_once_is_not_said_again(run: Run) -> None:
    crashed = records.failing("interpreted", "crashed", signal="SIGSEGV")
    for cell in CELLS:
        run.writes(cell, line("cache/a", crashed))
        run.look()
        run.ends(records.cell(cell, records.probe("cache/a", crashed)))
        run.look()
    assert sum("crashed" in told for told in run.said) == len(CELLS)


def test_what_is_said_at_once_has_an_end(tmp_path: Path) -> None:
    run = Run(tmp_path, cells=[f"0.57.{n}-cp311" for n in range(2 * UNEXPECTED)])
    for name in run.progress.cells:
        run.ends(records.cell(name, records.recompiled("cache/a")))
        run.look()
    assert sum("recompiled" in told for told in run.said) == UNEXPECTED
    assert sum("is said at the end" in told for told in run.said) == 1
    assert sum("0 as expected, 1 not" in told for told in run.said) == 2 * UNEXPECTED


def test_a_cell_that_ends_with_the_run_is_told_of(run: Run) -> None:
    with run.progress:
        run.look()
        for cell in CELLS:
            run.ends(records.cell(cell, *(records.hit(probe) for probe in PROBES_OF_A_CELL)))
    assert run.said[-1] == f"{CELLS[1]}: 2 probes, 2 as expected; 2 of 2 cells done"


def test_a_cell_that_did_not_run_says_why(run: Run) -> None:
    run.ends(records.cell(CELLS[0], status=CellStatus.BROKEN, reason="the disk is full"))
    run.look()
    assert run.said[0].startswith(f"{CELLS[0]}: broken, the disk is full; 1 of 2 cells done")


def test_a_cell_that_has_cleared_away_where_it_worked_is_waited_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.writes(CELLS[0], line("cache/a", records.phase("interpreted")))
    run.look()
    shutil.rmtree(run.work / CELLS[0])
    assert run.look()[0].startswith("0 of 2 cells done")
    assert not run.said
    monkeypatch.setattr(progress, "FILING_S", -1.0)
    run.look()
    assert run.said[0].startswith(f"{CELLS[0]}: 2 probes, nothing filed; 1 of 2 cells done")


def test_nothing_is_expected_of_what_nobody_judges(tmp_path: Path) -> None:
    run = Run(tmp_path, judged=None)
    run.ends(records.cell(CELLS[0], records.hit("cache/a"), records.recompiled("cache/b")))
    run.look()
    assert run.said[0].startswith(f"{CELLS[0]}: 2 probes; 1 of 2 cells done")


def test_of_many_cells_a_pipe_gets_few_lines(tmp_path: Path) -> None:
    run = Run(tmp_path, cells=[f"0.57.{n}-cp311" for n in range(149)])
    for name in run.progress.cells:
        run.ends(records.cell(name, *(records.hit(probe) for probe in PROBES_OF_A_CELL)))
        run.look()
    assert 20 <= len(run.said) <= 26
    assert run.said[-1].endswith("149 of 149 cells done")


def test_a_narrowed_report_does_not_take_the_place_of_a_wider_one(tmp_path: Path) -> None:
    report, narrow = tmp_path / "report", tmp_path / "report-narrow"
    old, new, other = "0.48.0-cp38", "0.57.0-cp311", "0.60.0-cp312"

    def squares(cells: Sequence[str], probes: Sequence[str] = PROBES) -> set[tuple[str, str]]:
        return set(itertools.product(cells, probes))

    one = squares([old], ["cache/fib"])
    assert place(tmp_path, one, one, narrowed=True) == (report, "")
    absent = records.cell(other, status=CellStatus.BROKEN, reason="r")
    write(report, claimed(usual(old), usual(new), absent), "exec")
    both = squares([old, new])
    assert place(tmp_path, both, both, narrowed=True) == (report, "")
    # Cells that did not run, and probes of which nothing was seen, are squares of neither.
    asked = squares([old, other], [*PROBES, "cache/other"])
    folder, said = place(tmp_path, asked, squares([old]), narrowed=True)
    assert folder == narrow
    assert "of 4 squares, is in report-narrow: report holds one of 8" in said
    folder, said = place(tmp_path, squares([other]), (), narrowed=True)
    assert (folder, "of 0 squares" in said) == (narrow, True)
    # What is out of date was asked for all the same; of nothing there is nothing to report.
    seen = squares([old, new], PROBES[:1])
    assert place(tmp_path, both, seen, narrowed=True) == (report, "")
    assert place(tmp_path, both, (), narrowed=True)[0] == narrow
    assert place(tmp_path, seen, seen, narrowed=True)[0] == narrow
    assert place(tmp_path, seen, seen, narrowed=False) == (report, "")
    # However it came to that: nothing takes the place of something.
    folder, said = place(tmp_path, both, (), narrowed=False)
    assert (folder, "report keeps an older one of 8" in said) == (narrow, True)
    (report / "matrix.json").write_text("[")
    assert place(tmp_path, both, (), narrowed=False) == (report, "")
    folder, said = place(tmp_path, both, both, narrowed=True)
    assert (folder, "cannot be read" in said) == (narrow, True)
