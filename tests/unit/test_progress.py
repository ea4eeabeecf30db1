"""How far a run is, by what its cells write; where the report of a narrowed run goes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from matrix.commands.stored.place import place
from matrix.model.cell import CellStatus
from matrix.report.pages import write
from matrix.report.terminal.progress import EVERY_S, Progress
from tests.unit import records
from tests.unit.test_report import PROBES, claimed, usual

CELLS = ("0.48.0-cp38", "0.57.0-cp311")


class Run:
    """A run of two cells, each expected to take 40 s, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.work, self.filed, self.said = folder / "work", folder / "filed", list[str]()
        self.filed.mkdir()
        probes, costs = dict.fromkeys(CELLS, 2), dict.fromkeys(CELLS, 40.0)
        self.progress = Progress(
            probes, costs, work=self.work, filed=self.filed, jobs=1, say=self.said.append
        )

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

    def ends(self, cell: str) -> None:
        """Have a cell file its record and leave."""
        (self.filed / f"{cell}.json").write_text("{}")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run that nothing has become of yet."""
    return Run(tmp_path)


def line(probe: str, phase: object) -> str:
    return json.dumps(msgspec.to_builtins(phase) | {"probe": probe}) + "\n"


def test_a_cell_tells_its_phase_and_how_many_probes_are_done(run: Run) -> None:
    assert run.look() == ["0 of 2 cells done, about 80 s left, 0 running"]
    run.writes(CELLS[0], '{"versions": {}}\n')
    assert run.look()[1] == f"  {CELLS[0]}  0 of 2 probes done, making its environment"
    run.writes(CELLS[0], *(line(p, records.phase("interpreted")) for p in "ab"))
    assert run.look()[1] == f"  {CELLS[0]}  0 of 2 probes done, interpreted 2"
    run.writes(CELLS[0], line("a", records.cold()), line("b", records.cold())[:40])
    assert run.look() == [
        "0 of 2 cells done, about 60 s left, 1 running",
        f"  {CELLS[0]}  0 of 2 probes done, cold 1",
    ]
    run.writes(CELLS[0], line("b", records.cold())[40:])
    run.writes(CELLS[0], line("a", records.warm()), line("b", records.warm(misses=1)))
    assert run.look()[1] == f"  {CELLS[0]}  1 of 2 probes done, warm 2"
    run.writes(CELLS[0], line("b", records.warm("again")))
    assert run.look()[1] == f"  {CELLS[0]}  2 of 2 probes done, again 1"


def test_a_probe_that_died_is_done(run: Run) -> None:
    run.writes(CELLS[0], line("a", records.failing("cold", "crashed", signal="SIGSEGV")))
    assert run.look()[1].endswith("1 of 2 probes done, cold 1")


def test_what_a_probe_may_have_written_there_is_passed_over(run: Run) -> None:
    run.writes(CELLS[0], "[1]\n", "{}\n", "\x00\n", '{"probe": 3}\n', "not JSON\n")
    assert run.look()[1].endswith("0 of 2 probes done, making its environment")


def test_a_pipe_gets_a_line_for_each_cell_that_has_ended(run: Run) -> None:
    for cell in CELLS:
        run.writes(cell, line("a", records.phase("interpreted")))
        run.look()
        run.ends(cell)
        run.look()
    assert run.said[0].startswith(f"{CELLS[0]}: 2 probes; 1 of 2 cells done, about ")
    assert run.said[1:] == [f"{CELLS[1]}: 2 probes; 2 of 2 cells done"]


def test_of_many_cells_a_pipe_gets_few_lines(tmp_path: Path) -> None:
    said = list[str]()
    probes = {f"0.57.{n}-cp311": 1 for n in range(149)}
    progress = Progress(probes, {}, work=tmp_path, filed=tmp_path, jobs=1, say=said.append)
    for name in probes:
        (tmp_path / f"{name}.json").write_text("{}")
        progress.looked = -EVERY_S
        progress.look()
    assert 20 <= len(said) <= 26
    assert said[-1].endswith("149 of 149 cells done")


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
