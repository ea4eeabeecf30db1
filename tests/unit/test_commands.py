"""What is dealt to which machine, and what is reported of each platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from matrix.commands.stored.report import reported
from matrix.commands.stored.shards import merge, plan
from matrix.errors import BadInput, NothingToRun, Unreachable
from matrix.model.cell import Cell, CellStatus
from matrix.model.files import append
from matrix.model.record import observations
from matrix.options import Plan, Report
from matrix.parser import parse
from matrix.plan.shards import one_part
from matrix.project import DATA, Project, read_project
from matrix.select import releases
from matrix.select.selection import Selected, Selection, select_everywhere
from tests.unit.records import cell

HERE = str(releases.platform_here())
OTHER = next(str(p) for p in releases.Platform if p not in (HERE, "macos-arm64"))
PYTHONS = "3.8,3.11,3.12"


def asked(tmp_path: Path, *words: str) -> Plan:
    found: Plan = parse(["plan", "--state", str(tmp_path), *words])
    return found


def selected(tmp_path: Path, *words: str) -> dict[str, list[str]]:
    """Return the ids that the words select, by platform."""
    options = asked(tmp_path, "--pythons", PYTHONS, *words)
    places = read_project(tmp_path).on(*options.platform)
    catalogues = [there.catalogue(frozenset(options.pythons)) for there in places]
    found = select_everywhere(options.selectors, catalogues, pre=False)
    return {
        there.platform: [s.cell.id for s in selection.cells]
        for there, selection in zip(places, found, strict=True)
    }


def test_a_selector_need_not_name_something_on_every_platform(tmp_path: Path) -> None:
    both = ("--platform", "linux-x86_64,macos-arm64")
    assert selected(tmp_path, *both, "0.48.0", "0.60") == {
        "linux-x86_64": ["0.48.0-cp38", "0.60.0-cp312"],
        "macos-arm64": ["0.60.0-cp312"],
    }
    assert selected(tmp_path, *both, "0.48.0-cp38")["macos-arm64"] == []
    with pytest.raises(BadInput, match="on none of macos-arm64, linux-aarch64: "):
        selected(tmp_path, "--platform", "macos-arm64,linux-aarch64", "0.48.0")
    with pytest.raises(BadInput, match="'sed' matches no cell; did you mean 'seed'"):
        selected(tmp_path, *both, "sed")


def test_one_platform_is_the_one_at_hand_or_the_one_that_is_named(tmp_path: Path) -> None:
    assert list(selected(tmp_path, "seed")) == [HERE]
    assert list(selected(tmp_path, "seed", "--platform", OTHER)) == [OTHER]
    one = ("--platform", "linux-x86_64")
    assert selected(tmp_path, *one, "0.48.0-cp311") == {"linux-x86_64": ["0.48.0-cp311"]}
    with pytest.raises(BadInput, match="did you mean 'seed'"):
        selected(tmp_path, *one, "sed")


def test_a_word_may_hold_several_selectors() -> None:
    words = [" seed  0.57 ", ">=0.60, <0.62", "", "cp311\n0.6*"]
    assert parse(["plan", *words]).selectors == ("seed", "0.57", ">=0.60, <0.62", "cp311", "0.6*")


def test_an_input_that_nobody_gave_is_no_option_at_all() -> None:
    assert parse(["plan", "--probes", "", "--platform", "", ""]) == parse(["plan"])


def planned(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    """Return the cells of each shard that a plan prints."""
    options = asked(tmp_path, "--pythons", PYTHONS, "--probe", "*/self_lazy", *words)
    assert plan(options) == 0
    return [shard["cells"] for shard in json.loads(capsys.readouterr().out)["shards"]]


def test_what_a_cell_took_last_time_decides_where_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("0.58.1", "0.59.1", "0.60.0", "--shards", "2")
    before = [["0.58.1-cp311", "0.60.0-cp312"], ["0.59.1-cp312"]]
    assert planned(tmp_path, capsys, *words) == before
    assert planned(tmp_path, capsys, *words) == before
    observations(tmp_path / "observations", print).save(cell("0.60.0-cp312", install_s=60.0))
    assert planned(tmp_path, capsys, *words) == [
        ["0.60.0-cp312"],
        ["0.58.1-cp311", "0.59.1-cp312"],
    ]


def test_what_machines_of_another_platform_have_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="say --pythons"):
        plan(asked(tmp_path, "--platform", OTHER))


def test_a_plan_of_nothing_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(NothingToRun, match="no selected cell can run"):
        plan(asked(tmp_path, "seed", "--pythons", "3.99"))


def test_a_plan_is_added_to_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("before=1\n", encoding="utf-8")
    words = ("seed", "--pythons", PYTHONS, "--format", "github", "--output", str(file))
    plan(asked(tmp_path, *words))
    first, second = file.read_text(encoding="utf-8").splitlines()
    assert first == "before=1"
    assert second.startswith('matrix={"include":[{"platform":')


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="could not be written"):
        append(tmp_path / "missing" / "file", "text")


def test_cells_that_cannot_run_belong_to_the_first_part() -> None:
    good = [Selected(Cell(f"0.{minor}.0", "3.8")) for minor in range(50, 53)]
    bad = Selected(Cell("0.60.0", "3.8"), CellStatus.NO_WHEEL, "none")
    beyond = (Selected(Cell("0.61.0", "3.14"), CellStatus.NO_INTERPRETER, "none"),)
    said: list[str] = []
    parts = [one_part(Selection((*good, bad), beyond), f"{n}/4", said.append) for n in range(1, 5)]
    assert [part.cells for part in parts] == [(good[0], bad), (good[1],), (good[2],), ()]
    assert [part.beyond for part in parts] == [beyond, (), (), ()]
    assert said[3] == "shard 4/4: 0 of 3 cells"


Fill = Callable[[str, str], None]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Return a function that stores a cell of a platform."""
    project = Project(HERE, releases.load(DATA / "releases.toml"), (), None, tmp_path, "runner")

    def store(platform: str, id_: str) -> None:
        (there,) = project.on(platform)
        there.store(print).save(cell(id_, platform=platform))

    return store


def ids_reported(tmp_path: Path, *words: str) -> dict[str, list[str]]:
    options: Report = parse(["report", "--state", str(tmp_path), *words])
    found = reported(options, read_project(tmp_path))
    return {there.platform: [s.cell.id for s in selection.cells] for there, selection in found}


def test_all_that_is_stored_is_reported_of_each_platform_apart(
    tmp_path: Path, fill: Fill, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(HERE, "0.60.0-cp311")
    fill(OTHER, "0.60.0-cp312")
    assert ids_reported(tmp_path) == {HERE: ["0.60.0-cp311"]}
    three = f"{HERE},{OTHER},macos-arm64"
    assert ids_reported(tmp_path, "--platform", three) == {
        HERE: ["0.60.0-cp311"],
        OTHER: ["0.60.0-cp312"],
    }
    assert capsys.readouterr().out == "macos-arm64: no cell is selected or stored\n"


def test_a_selector_means_the_pythons_that_are_stored_unless_others_are_said(
    tmp_path: Path, fill: Fill
) -> None:
    fill(HERE, "0.60.0-cp311")
    assert ids_reported(tmp_path, "0.60.0") == {HERE: ["0.60.0-cp311"]}
    assert ids_reported(tmp_path, "0.60.0", "--pythons", PYTHONS) == {HERE: ["0.60.0-cp312"]}


def test_nothing_stored_is_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(NothingToRun, match="nothing is stored"):
        ids_reported(tmp_path)


def test_what_is_joined_is_filed_by_platform_and_what_is_refused_makes_it_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = tmp_path / "parts"
    for platform in (HERE, OTHER):
        observations(parts / platform, print).save(cell("0.60.0-cp312", platform=platform))
    options = parse(["merge", "--state", str(tmp_path / "state"), str(parts)])
    assert merge(options) == 0
    assert capsys.readouterr().out == "2 cells joined from 2 files\n"
    stored = [tmp_path / "state", tmp_path / "state" / "platforms" / OTHER]
    for place, platform in zip(stored, (HERE, OTHER), strict=True):
        record = observations(place / "observations", print).load("0.60.0-cp312")
        assert record is not None
        assert record.platform == platform

    (parts / "0.61.0-cp312.json").write_bytes(msgspec.json.encode({"cell": 1}))
    assert merge(options) == 2
    refused, joined = capsys.readouterr().out.splitlines()
    assert refused.startswith(f"REFUSED {parts / '0.61.0-cp312.json'}: it breaks the schema")
    assert joined == "2 cells joined from 3 files, 1 refused"
