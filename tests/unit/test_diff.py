"""What two reports say differently."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from matrix.commands.stored.files import diff
from matrix.errors import BadInput
from matrix.judge.judge import judge
from matrix.judge.reference.file import Reference, made
from matrix.judge.reference.squares import seen_in
from matrix.model.cell import CellStatus
from matrix.model.record import CellRecord, Phase
from matrix.parser import parse
from matrix.report.diff import Difference, difference, load, side, side_of
from matrix.report.evidence.filed import MatrixReport
from matrix.report.findings import findings
from matrix.select.releases import Platform
from tests.unit import records as make
from tests.unit.test_report import GOLDEN, HOSTILE, MIXED, claimed, matrix_report


def report(*cells: CellRecord) -> MatrixReport:
    probes = ["cache/p", "aot/p"]
    judged = judge(cells, probes, None, "exec")
    return matrix_report(findings(cells, probes, judged, "exec", ()), "exec")


def between(old: MatrixReport, new: MatrixReport) -> Difference:
    return difference(side("old", old), side("new", new), RELEASES)


RELEASES = ("0.57.0", "0.58.0", "0.60.0")


def test_a_report_does_not_differ_from_itself() -> None:
    same = report(make.cell("0.57.0-cp311", make.hit(), make.works()))
    found = between(same, same)
    assert found.is_none
    assert list(found.lines()) == ["no difference: 2 squares the same"]


def test_what_is_better_worse_and_other_is_told_by_ranges_of_releases() -> None:
    names = ("0.57.0-cp311", "0.58.0-cp311", "0.60.0-cp312")
    old = report(*(make.cell(name, make.hit(), make.works(value=1)) for name in names))
    new = report(
        make.cell(names[0], make.crashed(), make.works(value=2)),
        make.cell(names[1], make.crashed(), make.works(value=1)),
        make.cell(names[2], make.hit(), make.works(value=2)),
    )
    assert list(between(old, new).lines()) == [
        "worse cache/p: 0.57.0 - 0.58.0: hit -> crashed in warm (SIGSEGV)",
        "other aot/p: 0.57.0, 0.60.0: works, value 1 -> works, value 2",
        "2 worse, 2 other, 2 squares the same",
    ]
    assert list(between(new, old).lines())[-1] == "2 other, 2 better, 2 squares the same"


def test_two_programs_of_one_name_are_not_compared_and_that_is_said() -> None:
    same = report(make.cell("0.57.0-cp311", make.hit(), make.works()))
    old = msgspec.structs.replace(same, programs={"cache/p": "0" * 16, "aot/p": "2" * 16})
    new = msgspec.structs.replace(same, programs={"cache/p": "1" * 16, "aot/p": "2" * 16})
    found = between(old, new)
    assert not found.is_none
    assert list(found.lines()) == [
        "not compared, as A and B have different programs of that name: cache/p",
        "1 square the same, 1 probe not compared",
    ]
    # An older file does not say.
    assert between(same, new).is_none
    assert between(old, old).is_none


def test_what_one_side_alone_knows_is_told_and_is_never_the_same() -> None:
    lost = make.not_run("0.58.0-cp311", CellStatus.BROKEN, "why")
    old = report(
        make.cell("0.57.0-cp311", make.hit(), make.works()), make.cell("0.58.0-cp311", make.hit())
    )
    new = report(make.cell("0.57.0-cp311", make.hit()), lost, make.cell("0.60.0-cp312"))
    found = between(old, new)
    assert list(found.lines()) == [
        "only in A: cells: 0.58.0 (broken in the other)",
        "only in A: aot/p: 0.57.0",
        "only in A: cache/p: 0.58.0",
        "only in B: cells: 0.60.0",
        "1 square the same, 2 only in A",
    ]
    assert not found.is_none
    assert not between(report(make.cell("0.57.0-cp311")), report()).is_none


def test_many_probes_that_one_side_alone_knows_are_one_line() -> None:
    records = [make.hit(f"cache/{name}") for name in "abcdef"]
    names = [record.id for record in records]
    cells = [make.cell("0.57.0-cp311", *records)]
    wide = findings(cells, names, judge(cells, names, None, "exec"), "exec", ())
    found = between(report(make.cell("0.57.0-cp311", make.hit())), matrix_report(wide, "exec"))
    assert "only in B: 6 probes (cache/a first): 0.57.0" in list(found.lines())
    assert len(found.apart) == 7


def test_releases_pythons_and_probes_narrow_what_is_compared_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("0.57.0-cp311", "0.60.0-cp39", "0.60.0-cp312")
    sides = {
        "old": [make.cell(name, make.hit(), make.works()) for name in names],
        "new": [make.cell(name, make.crashed(), make.works()) for name in (*names, "0.68.1-cp313")],
    }
    for name, cells in sides.items():
        (tmp_path / name).write_bytes(msgspec.json.encode(report(*cells)))

    def said(*words: str) -> tuple[int, str]:
        status = diff(parse(["diff", str(tmp_path / "old"), str(tmp_path / "new"), *words]))
        return status, " ".join(capsys.readouterr().out.split())

    worse = "hit -> crashed in warm (SIGSEGV)"
    status, told = said("--cells", "0.60", "--probe", "cache/*")
    assert status == 1
    assert told == (
        "of the cells 0.60 and the probes cache/* alone worse cache/p: 0.60.0:"
        f" {worse} 2 worse, 0 squares the same"
    )
    # The newest release there is, not the newest that both have.
    assert said("--cells", "seed")[1].endswith(
        "only in B: cells: 0.68.1 only in B: aot/p: 0.68.1 only in B: cache/p: 0.68.1"
        " 1 worse, 1 square the same, 2 only in B"
    )
    for words in (["--cells", "cp312", "--cells", "cp39"], ["--cells", "cp312 0.6*-cp39"]):
        assert said(*words)[1].endswith(" 2 worse, 2 squares the same")
    assert said("--probe", "aot/p", "--cells", "<0.68") == (
        0,
        "of the cells <0.68 and the probes aot/p alone no difference: 3 squares the same",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--cells", "sed"], "did you mean 'seed'"),
        (["--cells", "0.99"], "no such release; the newest is 0.68.1"),
        (["--cells", "0.58"], r"--cells 0\.58: there is none such among 0\.57\.0-cp311"),
        (["--cells", "0.57.0-cp39"], r"--cells 0\.57\.0-cp39: there is none such"),
        (["--probe", "cache/q"], "--probe cache/q: no probe has that id; did you mean 'cache/p'"),
        (["--cells", "0.60", "--probe", "aot/*"], "the cells 0.60 and .* neither A nor B has seen"),
    ],
)
def test_what_would_compare_nothing_is_refused(tmp_path: Path, words: list[str], says: str) -> None:
    cells = (make.cell("0.57.0-cp311", make.works()), make.cell("0.60.0-cp312", make.hit()))
    (tmp_path / "matrix.json").write_bytes(msgspec.json.encode(report(*cells)))
    with pytest.raises(BadInput, match=says):
        diff(parse(["diff", str(tmp_path), str(tmp_path), *words]))


def test_values_of_any_length_are_told_briefly() -> None:
    old, new = (report(make.cell("0.57.0-cp311", make.hit(value=v * 10**6))) for v in "ab")
    line, _ = between(old, new).lines()
    assert line.count("characters left out]") == 2
    assert len(line) < 600


def test_hostile_text_is_text_in_every_format(tmp_path: Path) -> None:
    old = report(make.cell("0.57.0-cp311", make.crashed()))
    new = report(make.cell("0.57.0-cp311", make.crashed(signal=HOSTILE)))
    found = between(old, new)
    blocks = MarkdownIt("commonmark").enable("table").parse(found.markdown())
    inside = [child for block in blocks for child in block.children or ()]
    kinds = {one.type for one in (*blocks, *inside)}
    assert not kinds & {"html_block", "html_inline", "image", "link_open", "fence", "code_block"}
    assert not {"\x1b", "\u202e"} & set(found.markdown())
    for name, one in (("old", old), ("new", new)):
        (tmp_path / name).write_bytes(msgspec.json.encode(one))
    told = tmp_path / "told"
    words = ["diff", str(tmp_path / "old"), str(tmp_path / "new"), "--output", str(told)]
    for how in ("text", "markdown", "json"):
        assert diff(parse([*words, "--format", how])) == 1
        text = told.read_text(encoding="utf-8")
        assert how == "json" or not {"\x1b", "\u202e"} & set(text)
    assert json.loads(text)["changed"][0]["change"] == "other"
    with pytest.raises(BadInput, match=r"--output: there is no folder .*nowhere"):
        diff(parse([*words[:3], "--output", str(tmp_path / "nowhere" / "diff.txt")]))
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_as_good_as_the_file_in_it_and_one_word_means_the_last_report(
    tmp_path: Path,
) -> None:
    state, written = tmp_path / "state", report(make.cell("0.57.0-cp311", make.hit()))
    file = state / "report" / "matrix.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(msgspec.json.encode(written))
    for word in (file, state, file.parent):
        assert load(word) == written
        assert diff(parse(["diff", str(word), "--state", str(state)])) == 0
        assert diff(parse(["diff", str(word), str(file)])) == 0


def test_what_the_last_report_is_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = tmp_path / "report" / "matrix.json"
    narrow = tmp_path / "report-narrow" / "matrix.json"
    for number, path in enumerate((narrow, wide), 1):
        path.parent.mkdir()
        path.write_bytes(msgspec.json.encode(report(make.cell("0.57.0-cp311", make.hit()))))
        os.utime(path, (number, number))
    assert diff(parse(["diff", str(wide), "--state", str(tmp_path)])) == 0
    assert f"B is the last report, {wide.parent}\n" in capsys.readouterr().out
    os.utime(narrow, (3, 3))
    assert diff(parse(["diff", str(wide), "--state", str(tmp_path)])) == 0
    assert f"{wide.parent}; a newer one, of less, is {narrow.parent}" in capsys.readouterr().out
    assert diff(parse(["diff", str(wide), "--state", str(tmp_path), "--format", "json"])) == 0
    assert json.loads(capsys.readouterr().out)["b"] == str(wide.parent)


def test_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "matrix.json"
    whole = report(make.cell("0.57.0-cp311", make.hit()))
    cell = whole.cells[0]
    twice = msgspec.structs.replace(cell, probes=cell.probes * 2)
    for cells, says in (
        ((twice,), r"matrix\.json: cache/p is twice in 0\.57\.0-cp311"),
        ((cell, cell), r"matrix\.json: 0\.57\.0-cp311 is in it twice"),
    ):
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(whole, cells=cells)))
        with pytest.raises(BadInput, match=says):
            load(path)


def test_a_word_that_names_no_result_is_refused(tmp_path: Path) -> None:
    for word in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadInput):
            diff(parse(["diff", str(word), str(word)]))
    with pytest.raises(BadInput, match="one or two"):
        diff(parse(["diff", "a", "b", "c"]))
    with pytest.raises(BadInput, match="invalid choice: 'github'"):
        parse(["diff", "a", "--format", "github"])


LOCKS = {"0.57.0": "9" * 64}


def reference(*cells: CellRecord) -> Reference:
    """Return the reference that these cells make."""
    probes = {"cache/p": "5" * 64}
    return made(
        seen_in(cells, "exec"), (), probes=probes, runner="7" * 64, locks=LOCKS,
        platform=Platform.LINUX_X86_64,
    )  # fmt: skip


def test_the_reference_is_compared_by_the_values_that_are_not_those_of_python() -> None:
    wrong, right = (make.cell("0.57.0-cp311", one) for one in (make.wrong(1), make.hit(value=7)))
    other = make.cell("0.57.0-cp311", make.wrong(2))
    for cell in (wrong, right):
        assert difference(side_of("r", reference(cell)), side("b", report(cell)), ()).is_none
    # What plain Python gives is no matter of the reference, and a wrong value is.
    elsewhere = side("b", report(make.cell("0.57.0-cp311", make.hit(value=8))))
    assert difference(side_of("r", reference(right)), elsewhere, ()).is_none
    found = difference(side_of("r", reference(wrong)), side("b", report(other)), RELEASES)
    assert next(found.lines()) == (
        "other cache/p: 0.57.0: wrong in cold, value 1 -> wrong in cold, value 2"
    )


def test_a_report_without_values_is_compared_by_outcomes_and_says_so() -> None:
    bare = msgspec.structs.replace(
        report(make.cell("0.57.0-cp311", make.hit(), make.works())), reference=True
    )
    found = between(bare, report(make.cell("0.57.0-cp311", make.hit(value=1), make.works())))
    assert list(found.lines()) == [
        "one side has outcomes alone: values were not compared",
        "no difference: 2 squares the same",
    ]


def test_the_word_reference_means_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["diff", "reference"]).reports == ("reference",)
    assert diff(parse(["diff", "reference", "reference"])) == 0
    assert "no difference: " in capsys.readouterr().out


def test_a_report_that_was_written_reads_back_the_same(tmp_path: Path) -> None:
    written = report(make.cell("0.57.0-cp311", make.hit(), make.crashed("cache/p")))
    path = tmp_path / "matrix.json"
    path.write_bytes(msgspec.json.encode(written))
    assert between(load(path), written).is_none


def first() -> dict[str, Any]:
    """Return a matrix.json of schema 1, which nothing writes any more."""
    held: dict[str, Any] = json.loads((GOLDEN / "schema1-matrix.json").read_bytes())
    return held


def test_a_report_of_schema_1_is_read_as_one_of_today(tmp_path: Path) -> None:
    path = GOLDEN / "schema1-matrix.json"
    read = load(path)
    assert read == load(path)
    today = matrix_report(claimed(*MIXED), "exec")
    assert between(read, today).is_none
    seen = {(c.id, p.id): read.observed(p) for c in read.cells for p in c.probes}
    assert seen == {(c.id, p.id): today.observed(p) for c in today.cells for p in c.probes}
    assert len(seen) > 5
    assert seen == {
        (c["id"], p["id"]): msgspec.convert(p["phases"], tuple[Phase, ...])
        for c in first()["cells"]
        for p in c["probes"]
    }
    worse = first()
    worse["cells"][0]["probes"][0].update(outcome="crashed", detail="SIGILL")
    (tmp_path / "matrix.json").write_text(json.dumps(worse))
    assert "crashed in warm (SIGILL)" in "".join(between(today, load(tmp_path)).lines())


def test_a_report_of_before_it_had_states_and_whys_is_read(tmp_path: Path) -> None:
    old = first()
    for probe in (probe for cell in old["cells"] for probe in cell["probes"]):
        del probe["state"]
    for claim in old["claims"]:
        del claim["why"], claim["workarounds"]
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps(old))
    assert between(load(path), load(GOLDEN / "schema1-matrix.json")).is_none
    path.write_text(json.dumps(old | {"schema": 3}))
    with pytest.raises(BadInput, match="its schema is 3, not 1 or 2"):
        load(path)
    path.write_text(json.dumps(old | {"schema": 2}))
    with pytest.raises(BadInput, match=r"not a matrix\.json that this suite"):
        load(path)


def test_a_report_that_names_what_it_lacks_is_refused() -> None:
    whole = report(make.cell("0.57.0-cp311", make.hit()))
    with pytest.raises(BadInput, match=r"old: 0\.57\.0-cp311: there is no phase 0, of 0"):
        side("old", msgspec.structs.replace(whole, phases=()))


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        load(tmp_path / "missing.json")
    (tmp_path / "matrix.json").write_text("[]")
    with pytest.raises(BadInput, match=r"not a matrix\.json"):
        load(tmp_path / "matrix.json")
    (tmp_path / "matrix.json").unlink()
    (tmp_path / "matrix.json").mkdir()
    with pytest.raises(BadInput, match="there is no such file"):
        load(tmp_path / "matrix.json")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"linux-x86_64"', b'"linux"', "'linux' is no platform; valid are: linux-aarch64"),
        (b'"0.57.0-cp311"', b'"../../x"', r"matrix\.json: '\.\./\.\./x' is not a cell"),
        (b'"outcome":"hit"', b'"outcome":"great"', "Invalid enum value 'great'"),
        (b'"value":55', b'"value":' + b"[" * 101 + b"1" + b"]" * 101, "more than 100 deep"),
        (b'"value":55', b'"value":' + b"[" * 100_000 + b"]" * 100_000, "recursion depth"),
    ],
)
def test_a_report_that_cannot_be_compared_is_refused(
    tmp_path: Path, old: bytes, new: bytes, says: str
) -> None:
    path = tmp_path / "matrix.json"
    good = msgspec.json.encode(report(make.cell("0.57.0-cp311", make.hit())))
    path.write_bytes(good.replace(old, new))
    with pytest.raises(BadInput, match=says):
        load(path)
