"""Two users of one cache folder: the word for what they came to, the grid, who is a neighbour."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from matrix import options as asked
from matrix.commands.share import neighbours, who
from matrix.experiments.probe import Probe
from matrix.experiments.sharing import Pair, Shared, Sharing, User, keep, kept, source
from matrix.judge.judge import judge
from matrix.model.cell import parse_cell
from matrix.model.record import Phase
from matrix.report.diff import difference, load, side
from matrix.report.findings import Findings, findings
from matrix.report.lines.markdown import report
from matrix.report.page.page import page
from matrix.report.pages import json_schema, write
from matrix.select.releases import Platform, Release
from matrix.select.selection import Catalogue
from tests.unit import records as make

ONE, OTHER = User("0.57.0-cp311"), User("0.57.0-cp311", "generic")


def did(*, value: int = 3, loads: bool, **ended: str) -> Phase:
    counted = {"hits": 1} if loads else {"misses": 1, "compiled": 1}
    before = make.CACHED if loads else ()
    files = {"files_before": before, "files_after": make.CACHED}
    return make.phase("warm", value=value, **counted, **files, **ended)


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


PROBE, RUNNER = Probe("cache/p", "cache", Path("p.py"), "a" * 64), "b" * 64
SHARED = Shared(
    "cache/p",
    (
        Pair(ONE, ONE, (COMPILED, LOADED, LOADED)),
        Pair(ONE, OTHER, (COMPILED, did(loads=True, status="crashed", signal="SIGILL"), LOADED)),
        Pair(OTHER, ONE, (COMPILED, COMPILED, COMPILED)),
        Pair(OTHER, OTHER, (COMPILED, LOADED, LOADED)),
    ),
    source(PROBE, RUNNER),
)


def test_a_row_is_who_was_first_and_a_column_who_was_second() -> None:
    assert SHARED.grid == [
        ["first, then", "0.57.0-cp311", "0.57.0-cp311 CPU generic"],
        ["0.57.0-cp311", "loads", "crashes SIGILL"],
        ["0.57.0-cp311 CPU generic", "evicts", "loads"],
    ]
    assert [line.partition(":")[0] for line in SHARED.legend] == ["loads", "evicts", "crashes"]
    assert str(User("0.57.0-cp311", "generic", "1.23.2")) == "0.57.0-cp311 NumPy 1.23.2 CPU generic"


def found_with(shared: Shared | None) -> Findings:
    records = [make.cell("0.57.0-cp311", make.hit("cache/p"))]
    found = findings(records, ["cache/p"], judge(records, ["cache/p"], None, "exec"), "exec", ())
    return msgspec.structs.replace(found, shared=shared)


def test_the_grid_is_kept_and_in_both_reports(tmp_path: Path) -> None:
    keep(tmp_path / "share.json", SHARED)
    found = found_with(kept(tmp_path / "share.json", [PROBE], RUNNER, print))
    markdown, html = report(found), page(found, "exec", {})
    assert "| 0.57.0-cp311             | loads        | crashes SIGILL           |" in markdown
    assert "<summary>One cache folder, cache/p</summary>" in markdown
    assert (
        '<th scope="row" class="id">0.57.0-cp311</th><td>loads</td><td>crashes SIGILL</td>' in html
    )
    assert '<a href="#shared">' in html
    assert "One cache folder" not in report(found_with(None)) + page(found_with(None), "exec", {})


def test_matrix_json_has_the_grid_and_all_that_was_seen_for_it(tmp_path: Path) -> None:
    write(tmp_path, found_with(SHARED), "exec")
    told = json.loads((tmp_path / "matrix.json").read_text())
    jsonschema.validate(told, json_schema())
    assert told["shared"]["probe"] == "cache/p"
    assert {
        (p["first"]["cpu"], p["second"]["cpu"]): p["outcome"] for p in told["shared"]["pairs"]
    } == {
        ("", ""): "loads",
        ("", "generic"): "crashes",
        ("generic", ""): "evicts",
        ("generic", "generic"): "loads",
    }
    read = load(tmp_path)
    assert read.shared is not None
    for pair, filed in zip(SHARED.pairs, read.shared.pairs, strict=True):
        assert (filed.first, filed.second) == (pair.first, pair.second)
        assert (filed.outcome, filed.detail) == (pair.word, pair.detail)
        assert read.observed(filed) == pair.phases


def test_a_grid_makes_no_difference_between_two_reports(tmp_path: Path) -> None:
    for name, shared in (("with", SHARED), ("without", None)):
        write(tmp_path / name, found_with(shared), "exec")
    assert "shared" not in json.loads((tmp_path / "without" / "matrix.json").read_text())
    one, other = (side(name, load(tmp_path / name)) for name in ("with", "without"))
    assert difference(one, other, ()).is_none


def test_what_is_no_grid_or_is_not_of_today_is_left_out_and_said(tmp_path: Path) -> None:
    path, said = tmp_path / "share.json", list[str]()
    assert kept(path, [PROBE], RUNNER, said.append) is None
    assert said == []
    path.write_text('{"probe": 3}')
    assert kept(path, [PROBE], RUNNER, said.append) is None
    keep(path, SHARED)
    edited = msgspec.structs.replace(PROBE, sha256="c" * 64)
    assert kept(path, [edited], RUNNER, said.append) is None
    assert kept(path, [PROBE], "d" * 64, said.append) is None
    assert kept(path, [], RUNNER, said.append) is None
    of_another = (
        f"{path} is of another cache/p or runner, and is left out; `nox -s share` renews it"
    )
    assert said == [
        f"{path} is not what `nox -s share` writes, and is left out; it writes it anew",
        *[of_another] * 3,
    ]
    assert kept(path, [PROBE], f"{RUNNER} of races alone", said.append) == SHARED


def test_no_place_of_this_machine_is_kept(tmp_path: Path) -> None:
    raised = did(loads=True, status="raised", message="no such file: /home/somebody/x/y.py")
    keep(tmp_path / "share.json", Shared("cache/p", (Pair(ONE, ONE, (COMPILED, raised, LOADED)),)))
    assert "somebody" not in (tmp_path / "share.json").read_text()


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


def test_who_shares_where_nothing_is_asked_for_are_neighbours_in_all_that_people_mix() -> None:
    cells = [parse_cell(cell) for cell in ("0.72.0-cp310", "0.71.0-cp311", "0.72.0-cp311")]

    def users(**what: Any) -> list[tuple[str, str, bool]]:
        asked_for = asked.Share(state=Path(), envdir=Path(), **what)
        return [(cell.id, cpu, oldest) for cell, cpu, oldest in who(asked_for, cells)]

    named = [(cell.id, "", False) for cell in cells]
    newest = "0.72.0-cp311"
    assert users() == [*named, (newest, "generic", False), (newest, "", True)]
    assert users(selectors=("0.72",)) == named
    assert len(users(cpu_names=("generic", "znver3"), oldest_numpy=True)) == 3 * 3 * 2
