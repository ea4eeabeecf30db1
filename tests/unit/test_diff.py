"""What two reports say differently."""

from pathlib import Path

import msgspec
import pytest

from matrix.errors import BadInput
from matrix.judge.judge import judge
from matrix.model.record import CellRecord
from matrix.report.diff import differences, load
from matrix.report.findings import findings
from matrix.report.pages import MatrixReport, matrix_report
from tests.unit import records as make


def report(*cells: CellRecord) -> MatrixReport:
    probes = ["cache/p", "aot/p"]
    judged = judge(cells, probes, None, "exec")
    return matrix_report(findings(cells, probes, judged, "exec", ()), "exec")


def test_a_report_does_not_differ_from_itself() -> None:
    same = report(make.cell("0.57.0-cp311", make.hit(), make.works()))
    assert list(differences(same, same)) == []


def test_an_outcome_a_value_and_a_cell_that_changed_are_told() -> None:
    old = report(make.cell("0.57.0-cp311", make.hit(), make.works(value=1)))
    new = report(
        make.cell("0.57.0-cp311", make.crashed(), make.works(value=2)), make.cell("0.58.0-cp311")
    )
    assert list(differences(old, new)) == [
        "0.57.0-cp311 aot/p: value 1 before, 2 now",
        "0.57.0-cp311 cache/p: hit before, crashed in warm (SIGSEGV) now",
        "0.58.0-cp311: new",
    ]


def test_values_of_any_length_are_told_briefly() -> None:
    old, new = (report(make.cell("0.57.0-cp311", make.hit(value=v * 10**6))) for v in "ab")
    (line,) = differences(old, new)
    assert line.count("characters left out]") == 2
    assert len(line) < 600


def test_a_probe_that_is_gone_is_told() -> None:
    old = report(make.cell("0.57.0-cp311", make.hit(), make.works()))
    new = report(make.cell("0.57.0-cp311", make.hit()))
    assert list(differences(old, new)) == ["0.57.0-cp311 aot/p: works before, not run now"]


def test_a_report_that_was_written_reads_back_the_same(tmp_path: Path) -> None:
    written = report(make.cell("0.57.0-cp311", make.hit(), make.crashed("cache/p")))
    path = tmp_path / "matrix.json"
    path.write_bytes(msgspec.json.encode(written))
    assert list(differences(load(path), written)) == []


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        load(tmp_path / "missing.json")
    (tmp_path / "matrix.json").write_text("[]")
    with pytest.raises(BadInput, match=r"not a matrix\.json"):
        load(tmp_path / "matrix.json")
    with pytest.raises(BadInput, match="this is a folder"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
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
