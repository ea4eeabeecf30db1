"""Two users of one cache folder: the word for what they came to, the grid, who is a neighbour."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import msgspec
import pytest

from matrix.commands.share import neighbours
from matrix.experiments.sharing import Pair, Shared, Sharing, User, keep, kept
from matrix.judge.judge import judge
from matrix.model.record import Phase
from matrix.report.findings import Findings, findings
from matrix.report.lines.markdown import report
from matrix.report.page.page import page
from matrix.select.releases import Platform, Release
from matrix.select.selection import Catalogue
from tests.unit import records as make

ONE, OTHER = User("0.57.0-cp311"), User("0.57.0-cp311", "generic")


def did(*, value: int = 3, loads: bool, **ended: str) -> Phase:
    counted = {"hits": 1} if loads else {"misses": 1, "compiled": 1}
    return make.phase("warm", value=value, **counted, **ended)


COMPILED, LOADED = did(loads=False), did(loads=True)


@pytest.mark.parametrize(
    ("second", "again", "word"),
    [
        (LOADED, LOADED, Sharing.LOADS),
        (COMPILED, LOADED, Sharing.APART),
        (COMPILED, COMPILED, Sharing.EVICTS),
        (did(value=4, loads=True), LOADED, Sharing.STALE),
        (COMPILED, did(value=4, loads=True), Sharing.STALE),
    ],
)
def test_a_word_is_of_what_the_second_loads_and_what_that_leaves_the_first(
    second: Phase, again: Phase, word: Sharing
) -> None:
    assert Pair(ONE, OTHER, (COMPILED, second, again)).word is word


@pytest.mark.parametrize("status", ["raised", "crashed", "timed_out", "of a later runner"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_ended_without_an_answer_never_loads(status: str, which: int) -> None:
    phases = [COMPILED, LOADED, LOADED]
    phases[which] = did(loads=True, status=status)
    pair = Pair(ONE, OTHER, tuple(phases))
    ended = Sharing.CRASHES if status == "crashed" else Sharing.RAISES
    assert pair.word is (ended if which else Sharing.ALONE)
    assert pair.detail == status


def test_the_worse_end_is_the_one_that_is_told() -> None:
    ends = (did(loads=True, status="raised"), did(loads=True, status="crashed", signal="SIGSEGV"))
    for second, again in itertools.permutations(ends):
        pair = Pair(ONE, OTHER, (COMPILED, second, again))
        assert (pair.word, pair.detail) == (Sharing.CRASHES, "SIGSEGV")


SHARED = Shared(
    "cache/p",
    (
        Pair(ONE, ONE, (COMPILED, LOADED, LOADED)),
        Pair(ONE, OTHER, (COMPILED, did(loads=True, status="crashed", signal="SIGILL"), LOADED)),
        Pair(OTHER, ONE, (COMPILED, COMPILED, COMPILED)),
        Pair(OTHER, OTHER, (COMPILED, LOADED, LOADED)),
    ),
)


def test_a_row_is_who_was_first_and_a_column_who_was_second() -> None:
    assert SHARED.grid == [
        ["first, then", "0.57.0-cp311", "0.57.0-cp311 generic"],
        ["0.57.0-cp311", "loads", "crashes SIGILL"],
        ["0.57.0-cp311 generic", "evicts", "loads"],
    ]
    assert [line.partition(":")[0] for line in SHARED.legend] == ["loads", "evicts", "crashes"]
    assert str(User("0.57.0-cp311", "generic", "1.23.2")) == "0.57.0-cp311 NumPy 1.23.2 generic"


def found_with(shared: Shared | None) -> Findings:
    records = [make.cell("0.57.0-cp311", make.hit("cache/p"))]
    found = findings(records, ["cache/p"], judge(records, ["cache/p"], None, "exec"), "exec", ())
    return msgspec.structs.replace(found, shared=shared)


def test_the_grid_is_kept_and_in_both_reports(tmp_path: Path) -> None:
    keep(tmp_path / "share.json", SHARED)
    found = found_with(kept(tmp_path / "share.json", print))
    markdown, html = report(found), page(found, "exec", {})
    assert "| 0.57.0-cp311         | loads        | crashes SIGILL       |" in markdown
    assert "<summary>One cache folder, cache/p</summary>" in markdown
    assert (
        '<th scope="row" class="id">0.57.0-cp311</th><td>loads</td><td>crashes SIGILL</td>' in html
    )
    assert '<a href="#shared">' in html
    assert "One cache folder" not in report(found_with(None)) + page(found_with(None), "exec", {})


def test_what_is_no_grid_is_left_out_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert kept(tmp_path / "share.json", said.append) is None
    assert said == []
    (tmp_path / "share.json").write_text('{"probe": 3}')
    assert kept(tmp_path / "share.json", said.append) is None
    assert "is not what `nox -s share` writes" in said[0]


def catalogue(*pythons: str, **releases: tuple[str, ...]) -> Catalogue:
    known = tuple(
        Release(name[1:].replace("_", "."), dt.date.min, {Platform.LINUX_X86_64: served})
        for name, served in releases.items()
    )
    return Catalogue(known, Platform.LINUX_X86_64, frozenset(pythons))


def test_neighbours_are_the_newest_cell_and_those_nearest_to_it() -> None:
    releases = {
        "r0_70_0": ("3.9", "3.10"),
        "r0_71_0": ("3.9", "3.10"),
        "r0_72_0": ("3.9", "3.10", "3.11"),
    }
    named = [
        ("3.9 3.10 3.11", ["0.72.0-cp310", "0.72.0-cp311"]),
        ("3.9 3.10", ["0.71.0-cp310", "0.72.0-cp39", "0.72.0-cp310"]),
        ("3.9", ["0.71.0-cp39", "0.72.0-cp39"]),
        ("3.6", []),
    ]
    for pythons, cells in named:
        here = catalogue(*pythons.split(), **releases)
        assert [cell.id for cell in neighbours(here)] == cells
