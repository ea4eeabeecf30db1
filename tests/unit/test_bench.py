"""What the bench makes of its figures, and of a contender that fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from matrix.errors import Unreachable
from matrix.experiments.probe import matching
from matrix.project import PROBES, read_project
from matrix.report.published.drawn import placed
from tests import bench, contenders, growth
from tests.contenders import Bench, Figures

QUIET = {
    "naive": Figures(60.0, 60.0),
    "tox": Figures(30.0, 55.0),
    "suite": Figures(10.0, 19.0, 15.0),
    "again": Figures(8.0, 15.0, 12.0),
    "limit": Figures(4.0, 10.0, 10.0),
}
BUSY = QUIET | {"suite": Figures(12.0, 19.0, 15.0), "again": Figures(12.0, 15.0, 14.0)}
RATIO = r"\d+\.\d+ \(\d+\.\d+ to \d+\.\d+\)"


def test_ratios_are_of_one_round_and_have_a_spread() -> None:
    assert bench.table({"cache": [QUIET, BUSY]}, "2 cells").split("\n") == [
        "| 2 cells | cache |",
        "| --- | --- |",
        "| one virtualenv after the other / suite, wall | 5.50 (5.00 to 6.00) |",
        "| tox in parallel / suite, wall | 2.75 (2.50 to 3.00) |",
        "| suite in used environments / limit, wall | 2.50 (2.00 to 3.00) |",
        "| CPU in these cells / limit | 1.30 (1.20 to 1.40) |",
    ]


def test_several_sets_together_are_one_after_the_other() -> None:
    whole = bench.together([QUIET, BUSY])
    assert whole["suite"] == Figures(22.0, 38.0, 30.0)
    assert whole["limit"] == Figures(8.0, 20.0, 20.0)


def test_the_table_in_readme_is_of_the_command() -> None:
    text = bench.README.read_text(encoding="utf-8")
    _, _, rest = text.partition("<!-- bench: begin -->\n\n")
    drawn, _, _ = rest.partition("\n\n<!-- bench: end -->")
    head, line, *rows = [row.strip("| ").split(" | ") for row in drawn.split("\n")]
    assert head[1:] == [*bench.SETS, bench.ALL]
    assert [row[0] for row in rows] == [*bench.RATIOS]
    assert all(re.fullmatch(RATIO, ratio) for row in rows for ratio in row[1:])
    assert {len(row) for row in (head, line, *rows)} == {len(head)}
    assert placed("README.md", text, drawn, "bench") == text


def test_a_plain_script_has_a_race_go_once_and_the_rest_by_phases(tmp_path: Path) -> None:
    globs = [glob for globs in bench.SETS.values() for glob in globs]
    probes = matching(read_project(tmp_path).probes, globs)
    asked = Bench(tmp_path, (), probes, {}, 1)
    runner, *races = asked.commands(tmp_path / "job")
    assert [words[1:] for words in races] == [
        [str(PROBES / f"{race}.py"), "1", "2"] for race in bench.SETS["races"]
    ]
    job = Path(runner[1]).read_text(encoding="utf-8")
    assert '"change/callee"' in job
    assert "race/" not in job


def test_measuring_counts_the_cpu_of_processes_that_ended() -> None:
    busy = "sum(i * i for i in range(10**6))"
    with contenders.measured() as figures:
        contenders.call([sys.executable, "-c", busy])
    assert figures().cpu_s > 0


def test_a_contender_that_fails_has_no_time() -> None:
    with pytest.raises(Unreachable, match="no such cell"):
        contenders.call([sys.executable, "-c", "raise SystemExit('no such cell')"])


def test_what_grows_is_told_for_each_more_and_drawn(tmp_path: Path) -> None:
    series = {1: [Figures(4.0, 6.0)], 4: [Figures(10.0, 18.0), Figures(10.5, 18.0)]}
    assert list(growth.told({"cells": series})) == [
        "1 to 4 cells: 2.08 s wall and 4.00 s CPU for each more"
    ]
    growth.draw({"cells": series, "probes": series}, tmp_path / "growth.svg")
    assert "<svg" in (tmp_path / "growth.svg").read_text(encoding="utf-8")
