"""The reports of a small hand-made matrix, as files; what they hold, for any matrix."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from matrix.experiments.probe import Probe
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.judge.rules import SYMBOL
from matrix.model.cell import CellStatus, parse_cell
from matrix.model.outcome import Outcome, result_of
from matrix.model.record import CellRecord, UpstreamResult
from matrix.report.evidence.filed import MatrixReport
from matrix.report.findings import Findings, findings, with_claims
from matrix.report.lines.markdown import LIMIT, NOTE, Section, report, within
from matrix.report.pages import in_pieces, json_schema, write
from matrix.report.schema import WORDS
from tests.unit import records, wide

GOLDEN = Path(__file__).parent / "golden"
ISSUE = "https://github.com/numba/numba/issues/6061"
CLAIMS = {
    "cache/fib": Claim(Kind.PROMISE, "w", (Expectation(Outcome.HIT),)),
    "cache/mutual": Claim(
        Kind.HAZARD, "w", (Expectation(Outcome.CRASHED, phase="warm"),), ISSUE, ("cache/fib",)
    ),
    "aot/direct": Claim(
        Kind.HAZARD,
        "w",
        (Expectation(Outcome.RAISED, phase="build", against_rule="it is never compiled"),),
        ISSUE,
        ("aot/helper",),
    ),
    "aot/helper": Claim(Kind.PROMISE, "w", (Expectation(Outcome.WORKS),)),
}
PROBES = tuple(CLAIMS)
FIB = PROBES[0]
RELEASES = ("0.48.0", "0.49.0", "0.57.0", "0.60.0")


def usual(cell: str) -> CellRecord:
    """Return a cell in which every claim holds."""
    return records.cell(
        cell,
        records.hit("cache/fib", 6765),
        records.crashed("cache/mutual"),
        records.unbuildable("aot/direct"),
        records.works("aot/helper", 6765),
    )


UNUSUAL = records.cell(
    "0.60.0-cp312",
    records.recompiled("cache/fib"),
    records.hit("cache/mutual", 1),
    records.unbuildable("aot/direct", exception="NameError"),
    records.works("aot/helper", 6766),
)
NOT_RUN = (
    records.not_run("0.57.0-cp39", CellStatus.NO_INTERPRETER, "no CPython 3.9 on this machine"),
    records.not_run("0.59.0-cp312", CellStatus.NOT_INSTALLABLE, "uv says:\nhash mismatch | sad"),
)
MIXED = (
    usual("0.48.0-cp38"),
    usual("0.57.0-cp38"),
    usual("0.57.0-cp311"),
    *NOT_RUN,
    UNUSUAL,
)


def found(*cells: CellRecord, probes: tuple[str, ...] = PROBES) -> Findings:
    verdict = judge(cells, probes, {probe: CLAIMS[probe] for probe in probes}, "exec")
    return findings(cells, probes, verdict, "exec", RELEASES)


def claimed(*cells: CellRecord, probes: tuple[str, ...] = PROBES) -> Findings:
    """Return the same with its claims, as the commands do."""
    verdict = judge(cells, probes, CLAIMS, "exec")
    made = findings(cells, probes, verdict, "exec", RELEASES)
    there = [Probe(probe, "cache", Path("gone"), "") for probe in probes]
    return with_claims(made, CLAIMS, there)


def matrix_report(found: Findings, isolation: str) -> MatrixReport:
    """Return what matrix.json says."""
    return msgspec.json.decode(b"".join(in_pieces(found, isolation)), type=MatrixReport)


def golden(name: str, folder: Path) -> None:
    """Compare a report with the file of its name; where it should differ, copy it there."""
    expected = (GOLDEN / name).read_text(encoding="utf-8")
    made = folder / name.partition("-")[2]
    assert made.read_text(encoding="utf-8") == expected, f"{made} is not golden/{name}"


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("all_well", (usual("0.48.0-cp38"), usual("0.57.0-cp311"))),
        ("mixed", MIXED),
        ("nothing_ran", NOT_RUN),
    ],
)
def test_a_report_reads_as_agreed(tmp_path: Path, name: str, cells: tuple[CellRecord, ...]) -> None:
    write(tmp_path, claimed(*cells), "exec")
    golden(f"{name}-report.md", tmp_path)


def test_the_order_in_which_cells_come_does_not_matter(tmp_path: Path) -> None:
    for name, cells in (("one", MIXED), ("other", MIXED[::-1])):
        write(tmp_path / name, found(*cells), "exec")
    for file in ("report.md", "matrix.json", "index.html"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_matrix_json_has_what_was_promised_to_those_who_script_against_it(tmp_path: Path) -> None:
    write(tmp_path, found(*MIXED), "exec")
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    assert matrix["schema"] == 2
    assert matrix["platform"] == records.PLATFORM
    cell = matrix["cells"][0]
    assert cell.keys() >= {
        "id",
        "numba",
        "python",
        "numpy",
        "llvmlite",
        "llvm",
        "status",
        "reason",
        "probes",
    }
    assert cell["probes"][0].keys() >= {"id", "outcome", "phase", "detail", "phases"}
    interpreted, cold, _ = (matrix["phases"][at] for at in cell["probes"][0]["phases"])
    assert interpreted == {"name": "interpreted", "status": "answered", "value": 6765}
    assert (cold["misses"], cold["saves"], cold["compiled"]) == (1, 1, 1)
    claim = matrix["claims"][0]
    assert claim.keys() >= {"id", "probe", "cells", "kind", "holds", "says", "issue"}
    assert {cell["id"]: cell["status"] for cell in matrix["cells"]} == {
        "0.48.0-cp38": "ran",
        "0.57.0-cp38": "ran",
        "0.57.0-cp39": "no_interpreter",
        "0.57.0-cp311": "ran",
        "0.59.0-cp312": "not_installable",
        "0.60.0-cp312": "ran",
    }


def test_matrix_json_is_valid_by_the_schema_beside_it(tmp_path: Path) -> None:
    write(tmp_path, found(*MIXED), "exec")
    schema = json.loads((tmp_path / "matrix.schema.json").read_text())
    assert schema == json.loads(msgspec.json.encode(json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    jsonschema.validate(matrix, schema)
    matrix["cells"][0]["status"] = "run"
    with pytest.raises(jsonschema.ValidationError, match="run"):
        jsonschema.validate(matrix, schema)


def test_every_field_of_the_schema_says_what_it_means() -> None:
    types = {
        name: how["properties"]
        for name, how in json_schema()["$defs"].items()
        if "properties" in how
    }
    assert {name: set(words) for name, words in WORDS.items()} == {
        name: set(fields) for name, fields in types.items()
    }
    for fields in types.values():
        assert all(how["description"].endswith(".") for how in fields.values())


def test_a_claim_in_matrix_json_says_why_and_what_to_write_instead(tmp_path: Path) -> None:
    write(tmp_path, claimed(*MIXED), "exec")
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    claims = {claim["id"]: claim for claim in matrix["claims"]}
    hazard = claims["cache/mutual"]
    assert (hazard["why"], hazard["workarounds"], hazard["issue"]) == ("w", ["cache/fib"], ISSUE)
    assert claims[f"cache/mutual {SYMBOL.name}"]["why"] == ""


def test_a_square_in_matrix_json_has_the_state_that_the_page_gives_it(tmp_path: Path) -> None:
    patched = records.cell(
        "0.58.0-cp311", *usual("0.58.0-cp311").probes, records.hit(f"{FIB}@mine")
    )
    write(tmp_path, claimed(*MIXED, patched, probes=(*PROBES, f"{FIB}@mine")), "exec")
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    states = {c["id"]: {p["id"]: p["state"] for p in c["probes"]} for c in matrix["cells"]}
    assert states["0.57.0-cp311"][FIB] == "as claimed"
    assert states["0.57.0-cp311"]["cache/mutual"] == "hazard, as claimed"
    assert states["0.60.0-cp312"][FIB] == "not as claimed"
    assert states["0.58.0-cp311"][f"{FIB}@mine"] == "unclaimed"
    assert states["0.59.0-cp312"] == {}


VALUES = st.booleans() | st.integers() | st.text() | st.lists(st.floats(allow_nan=False))
CELLS = st.lists(
    st.builds(
        lambda cell, value, text: records.cell(
            cell,
            records.hit("cache/fib", value),
            records.crashed("cache/mutual", signal=text),
        ),
        st.sampled_from([f"0.{n}.0-cp{p}" for n in (48, 57, 60) for p in (38, 311)]),
        VALUES,
        st.text(min_size=1, max_size=5),
    ),
    unique_by=lambda record: record.cell,
    max_size=4,
)


@settings(max_examples=30)
@given(CELLS)
def test_matrix_json_gives_every_phase_back(cells: list[CellRecord]) -> None:
    # JSON has no infinity: a value with one is read as null, here as in the store.
    cells = msgspec.json.decode(msgspec.json.encode(cells), type=list[CellRecord])
    report = matrix_report(found(*cells, probes=PROBES[:2]), "exec")
    told = {(c.id, p.id): report.observed(p) for c in report.cells for p in c.probes}
    assert told == {(c.cell, p.id): p.phases for c in cells for p in c.probes}


def test_what_is_the_same_is_in_matrix_json_once(tmp_path: Path) -> None:
    many = [usual(f"0.57.{n}-cp311") for n in range(9)]
    one, more = (matrix_report(claimed(*some), "exec") for some in (many[:1], many))
    assert (one.phases, one.folders, one.names) == (more.phases, more.folders, more.names)
    assert len(set(map(msgspec.json.encode, one.phases))) == len(one.phases) > 3
    assert [claim.id for claim in one.claims] == [claim.id for claim in more.claims]
    assert {len(claim.cells) for claim in more.claims} == {9}
    write(tmp_path, claimed(*many), "exec")
    text = (tmp_path / "matrix.json").read_text()
    assert text.count('"p.f-1.py38.nbi"') == 1


def test_a_cache_that_somebody_else_touched_is_told_as_it_was() -> None:
    lost = records.probe(
        "cache/fib",
        records.phase("interpreted"),
        records.phase("cold", files_after=records.CACHED),
        records.phase("warm", files_before=records.CACHED[:1], files_after=records.CACHED),
        records.phase("again", files_before=records.CACHED, files_after=()),
    )
    report = matrix_report(found(records.cell("0.57.0-cp311", lost), probes=PROBES[:1]), "exec")
    ((probe,),) = (cell.probes for cell in report.cells)
    assert len(probe.folders) == 2 * len(lost.phases)
    assert report.observed(probe) == lost.phases


def test_a_number_that_no_table_has_is_refused() -> None:
    report = matrix_report(found(usual("0.57.0-cp311"), probes=PROBES[:1]), "exec")
    ((probe,),) = (cell.probes for cell in report.cells)
    assert report.observed(probe)
    for wrong, says in (
        ({"phases": (0, 1, 99)}, "no phase 99"),
        ({"phases": (0, 1, -1)}, "no phase -1"),
        ({"folders": (0, 9, 9)}, "no folder 9"),
        ({"folders": (0, 0)}, "not each of its phases"),
        ({"times": ()}, "not each of its phases"),
    ):
        with pytest.raises(ValueError, match=says):
            report.observed(msgspec.structs.replace(probe, **wrong))
    nameless = msgspec.structs.replace(report, names=())
    with pytest.raises(ValueError, match="no name 0, of 0"):
        nameless.observed(probe)


@settings(max_examples=30)
@given(CELLS)
def test_every_cell_that_ran_is_in_one_column_and_columns_are_in_order(
    cells: list[CellRecord],
) -> None:
    made = found(*cells, probes=PROBES[:2])
    members = [cell for column in made.columns for cell in column.cells]
    assert members == sorted((r.cell for r in cells), key=lambda cell: parse_cell(cell).key)
    for column in made.columns:
        assert all(made.seen(probe, column) != "not run" for probe in made.probes)


def test_a_probe_that_differs_comes_before_those_that_do_not() -> None:
    changed = records.cell("0.60.0-cp312", *usual("0.48.0-cp38").probes[:3], records.works("aot/x"))
    steady = found(usual("0.48.0-cp38"), changed, probes=PROBES[:3])
    assert steady.differing == ()
    assert steady.differing_first == PROBES[:3]
    probes = (records.hit("cache/fib", 6765), records.hit("cache/mutual"))
    changed = records.cell("0.60.0-cp312", *probes, records.unbuildable("aot/direct"))
    moved = found(usual("0.48.0-cp38"), changed, probes=PROBES[:3])
    assert moved.differing == ("cache/mutual",)
    assert moved.differing_first == ("cache/mutual", "cache/fib", "aot/direct")


def test_what_a_probe_says_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    evil: dict[str, Any] = {"exception": "E", "message": "<script>alert(1)</script>"}
    bad = records.probe(
        "cache/fib",
        records.phase("interpreted", value="<b>"),
        records.failing("cold", "raised", stderr="</pre><script>", **evil),
    )
    assert result_of(bad).outcome is Outcome.RAISED
    write(tmp_path, found(records.cell("0.57.0-cp311", bad), probes=PROBES[:1]), "exec")
    page = (tmp_path / "index.html").read_text()
    assert "<script>alert" not in page
    assert "</pre><script>" not in page
    assert "&lt;script&gt;" in page


HOSTILE = "x\n\n# Heading\n\n<img src=x> ![i](http://x) [l](http://x) | \x1b[31m `` \u202e <script>"


def hostile() -> list[CellRecord]:
    """Return cells in which all that can be text is made to be more."""
    raised = records.probe(
        "cache/fib",
        records.phase("interpreted", value=HOSTILE),
        records.failing("cold", "raised", exception=HOSTILE, message=HOSTILE),
    )
    ended = UpstreamResult(
        HOSTILE, "k", 1, 1, 0, absent=False, ended=HOSTILE, failures=(HOSTILE,), wall_s=1
    )
    worst = {"upstream": (ended,), "numpy": HOSTILE, "llvm": HOSTILE}
    return [
        usual("0.48.0-cp38"),
        records.cell("0.57.0-cp311", raised, records.hit("cache/mutual", HOSTILE), **worst),
        records.cell("0.58.0-cp311", records.hit("cache/fib", HOSTILE)),
        records.not_run("0.60.0-cp312", CellStatus.BROKEN, HOSTILE),
    ]


def test_what_is_observed_is_text_in_the_report_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, found(*hostile(), probes=PROBES[:2]), "exec")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    inside = [child for block in blocks for child in block.children or ()]
    kinds = {one.type for one in (*blocks, *inside)}
    assert not kinds & {"html_inline", "image", "fence", "code_block"}
    # The claims' threads, and nothing that was observed.
    assert {one.attrs["href"] for one in inside if one.type == "link_open"} == {ISSUE}
    ours = re.compile(r"<details><summary>[\w ,.:']+</summary>|</details>")
    html = [line for one in blocks if one.type == "html_block" for line in one.content.split("\n")]
    assert all(ours.fullmatch(line) for line in html if line)
    headings = [blocks[i + 1].content for i, b in enumerate(blocks) if b.type == "heading_open"]
    assert "Heading" not in headings
    assert len(headings) == len(re.findall("(?m)^#", text)) == 1
    assert not {"\x1b", "\u202e"} & set(text)
    cells = [block.type for block in blocks].count("td_open")
    table, rows = len(found(*hostile(), probes=PROBES[:2]).columns), 3
    parts = text.count("| probe ")
    assert cells == 2 * (parts + table) + 5 * rows


@pytest.mark.parametrize("broken", [False, True])
def test_a_report_is_never_longer_than_github_takes_and_says_what_it_lacks(*, broken: bool) -> None:
    cells = wide.all_cells()
    cached = [probe.id for probe in wide.PROBES if probe.carrier == "cache"]
    changed = [
        records.cell(
            cell.id, *(records.crashed(probe, signal=f"SIG{n % 9}{HOSTILE}") for probe in cached)
        )
        for n, cell in enumerate(cells)
    ]
    made = wide.findings(cells, *(changed if broken else ()))
    text = report(made)
    assert 58_000 < len(text) <= LIMIT
    assert "Cut, as GitHub shows no more than 60,000 characters;" in text
    assert text.count("<details>") == text.count("</details>") > 1
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert rows
    assert max(map(len, rows)) <= 100


def test_the_first_that_a_report_keeps_are_its_failures() -> None:
    long = Section("", tuple(f"- {n:0100}" for n in range(1000)))
    text = within([long, Section("Others", ("x" * 9500,))], 20_000)
    assert len(text) <= 20_000
    assert "- " + "0" * 99 + "1\n" in text
    assert re.search(r"\n\d+ lines left out\n", text)
    assert re.search(r"the failures \(\d+ of 1000 lines here\); Others \(0 of 1 line here\)", text)


def test_what_the_others_leave_a_long_part_takes() -> None:
    short, table = Section("Short", ("x" * 99,) * 10), Section("Table", ("y" * 99,) * 1000)
    text = within([short, table, short], 20_000)
    assert 20_000 - NOTE - 200 < len(text) <= 20_000
    assert text.count("x" * 99) == 20
    kept = text.count("y" * 99)
    assert f"have all: Table ({kept} of 1000 lines here).\n" in text
    assert f"\n{1000 - kept} lines left out\n" in text
    # The first of two that are too long has what is left.
    text = within([table, table], 20_000)
    first, second = (part.count("y" * 99) for part in text.split("<details>")[1:])
    assert first > second > 10


def test_values_of_any_length_are_shown_briefly(tmp_path: Path) -> None:
    big = [
        records.cell("0.48.0-cp38", records.hit("cache/fib", "a" * 10**6)),
        records.cell("0.57.0-cp311", records.hit("cache/fib", "b" * 10**6)),
        records.cell("0.60.0-cp312", msgspec.structs.replace(records.wrong("c" * 10**6), id=FIB)),
    ]
    write(tmp_path, found(*big, probes=PROBES[:1]), "exec")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.count("characters left out]") >= 3
    assert len(text) < 10_000
    # The page keeps them compressed, for whoever opens that square.
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "characters left out]" in page
    assert not any(letter * 300 in page for letter in "abc")


def test_a_probe_that_did_not_run_in_a_column_is_never_shown_as_what_it_did_elsewhere() -> None:
    cells = [
        records.cell("0.55.0-cp310", records.hit(), records.works()),
        records.cell("0.56.0-cp310", records.hit(), records.unbuildable()),
        records.cell("0.57.0-cp310", records.works()),
        records.cell("0.58.0-cp310", records.hit(), records.unbuildable()),
    ]
    probes = ["cache/p", "aot/p"]
    found = findings(cells, probes, judge(cells, probes, None, "exec"), "exec", ())
    shown = [found.seen("cache/p", column) for column in found.columns]
    assert [str(column.releases) for column in found.columns] == [
        "0.55.0",
        "0.56.0",
        "0.57.0",
        "0.58.0",
    ]
    assert shown == ["hit", "hit", "not run", "hit"]
