"""What a phase left behind, read back however its process ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.record import Phase
from tests.unit import in_cell

observe = in_cell.load("observe")
contain = in_cell.load("contain")


def ending(code: int | None = 0, *, timed_out: bool = False) -> Any:
    return contain.Ending(code, timed_out, 1.25, 0.5, "out", "err", 0)


@pytest.fixture
def order(tmp_path: Path) -> dict[str, Any]:
    """Return an order whose probe has been staged and prepared."""
    probe = tmp_path / "p.py"
    probe.write_text("def run():\n    return 1\n")
    scratch = tmp_path / "scratch"
    given: dict[str, Any] = {
        "probe": "cache/p",
        "carrier": "cache",
        "phase": "cold",
        "path": observe.stage(str(probe), str(scratch / "probes" / "cache" / "p")),
        "scratch": str(scratch),
        "results": str(scratch / "results" / "cache" / "p.cold"),
    }
    observe.prepare(given)
    return given


def say(order: dict[str, Any], text: str) -> None:
    Path(order["results"]).write_bytes(text.encode())


def test_lines_are_merged_and_the_last_word_counts(order: dict[str, Any]) -> None:
    say(order, '{"value": 1, "hits": 0}\n{"hits": 2}\n')
    assert observe.said(order["results"]) == {"value": 1, "hits": 2}


def test_a_line_cut_off_by_the_death_of_its_process_is_left_out(order: dict[str, Any]) -> None:
    say(order, '{"value": 1}\n{"answered": true, "val')
    assert observe.said(order["results"]) == {"value": 1}


def test_a_process_that_said_nothing_said_nothing(order: dict[str, Any]) -> None:
    assert observe.said(order["results"]) == {}


def test_the_results_of_an_earlier_phase_are_gone_before_the_next(order: dict[str, Any]) -> None:
    say(order, '{"answered": true}\n')
    observe.prepare(order)
    assert observe.said(order["results"]) == {}
    results = Path(order["results"])
    results.mkdir()
    observe.prepare(order)
    assert not results.exists()


@pytest.mark.parametrize(
    ("text", "how", "status"),
    [
        ('{"answered": true, "value": 1}\n', ending(), "answered"),
        ('{"exception": "KeyError", "message": "x"}\n', ending(), "raised"),
        ("", ending(), "crashed"),
        ('{"value": 1}\n', ending(), "crashed"),
        ('{"answered": true, "value": 1}\n', ending(-11), "crashed"),
        ('{"answered": true, "value": 1}\n', ending(1), "crashed"),
        ('{"exception": "KeyError"}\n', ending(-6), "crashed"),
        ('{"answered": true}\n', ending(-9, timed_out=True), "timed_out"),
    ],
)
def test_how_a_phase_ended_is_one_word(
    order: dict[str, Any], text: str, how: Any, status: str
) -> None:
    say(order, text)
    assert observe.observation(order, how)["status"] == status


def test_an_observation_is_what_the_driver_reads(order: dict[str, Any]) -> None:
    say(order, '{"answered": true, "value": [1, {"float": "nan"}], "hits": 1, "unknown": 5}\n')
    line = observe.observation(order, ending())
    assert line.pop("probe") == "cache/p"
    phase = msgspec.convert(line, Phase)
    assert (phase.name, phase.status, phase.hits, phase.wall_s) == ("cold", "answered", 1, 1.25)
    assert (phase.stdout, phase.stderr, phase.cpu_s) == ("out", "err", 0.5)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_signal_is_told_by_its_name() -> None:
    assert ending(-11).signal == "SIGSEGV"
    assert ending(-64).signal in ("SIGRTMAX", "signal 64")
    assert ending(-63).signal == "signal 63"
    assert ending(1).signal is None
    assert ending(None).signal is None


def test_cache_files_are_told_by_their_content_and_others_not_at_all(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    (cache / "p.f-1.py38.1.nbc").write_bytes(b"code")
    (cache / "p.f-1.py38.nbi").write_bytes(b"index")
    (cache / "p.cpython-38.pyc").write_bytes(b"bytecode")
    before = observe.data_files(str(tmp_path))
    assert [(file["name"], file["bytes"]) for file in before] == [
        ("p.f-1.py38.1.nbc", 4),
        ("p.f-1.py38.nbi", 5),
    ]
    (cache / "p.f-1.py38.1.nbc").write_bytes(b"CODE")
    after = observe.data_files(str(tmp_path))
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    assert observe.data_files(str(tmp_path / "gone")) == []


def test_observations_are_read_up_to_the_last_whole_line(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert observe.read(str(out)) == []
    observe.append(str(out), {"a": 1})
    observe.append(str(out), {"b": "\u2028\n"})
    with out.open("ab") as file:
        file.write(b'{"c": ')
    assert observe.read(str(out)) == [{"a": 1}, {"b": "\u2028\n"}]


def test_a_probe_is_staged_alone(order: dict[str, Any]) -> None:
    assert [path.name for path in Path(order["path"]).parent.iterdir()] == ["p.py"]


ODD = {
    "hits": ["1.5", "-1", "true", '"1"', "null", "1e3", "9223372036854775808"],
    "value": ["1e999", "[" * 66 + "]" * 66, '"' + "x" * 300000 + '"', "1" * 4300],
    "run_s": ["1", "-0.5", '"1"', "1e999"],
    "exception": ["1", "null", "[]"],
    "unresolved": ['"x"', "[1]", "{}"],
    "dispatchers": ["[1]", '[{"name": "f"}]', '[{"name": "f", "specialisations": [{}]}]'],
    "outside": ["5", "[[1]]", '[{"module": "m", "file": 1, "sha256": ""}]'],
}


@pytest.mark.parametrize(
    ("field", "odd"), [(field, odd) for field, those in ODD.items() for odd in those]
)
def test_what_no_runner_writes_is_an_outcome_that_says_so(
    order: dict[str, Any], field: str, odd: str
) -> None:
    say(order, f'{{"answered": true, "hits": 1, "{field}": {odd}}}\n')
    line = observe.observation(order, ending())
    assert (line["status"], line["exception"]) == ("raised", "UnusableResults")
    assert line["message"].startswith(f"its {field} is ")
    line.pop("probe")
    msgspec.convert(line, Phase)
    assert observe.observation(order, ending(-11))["status"] == "crashed"


@pytest.mark.parametrize("line", ["[1]", "null", "{", "[" * 100000, '{"value": NaN}', "\udcff"])
def test_a_line_that_is_no_object_is_left_out(order: dict[str, Any], line: str) -> None:
    text = f'{{"value": 1}}\n{line}\n{{"answered": true}}\n'
    Path(order["results"]).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert observe.said(order["results"]) == {"value": 1, "answered": True}


def test_of_the_modules_that_a_phase_tells_of_none_is_lost(order: dict[str, Any]) -> None:
    say(order, '{"outside": [1]}\n{"hits": 2, "outside": [2, 3]}\n')
    assert observe.said(order["results"]) == {"hits": 2, "outside": [1, 2, 3]}


def test_an_exception_is_one_word_whatever_its_class_is_called(order: dict[str, Any]) -> None:
    say(order, '{"exception": "x\\n::error::y", "message": "z"}\n')
    assert observe.observation(order, ending())["exception"] == "x___error__y"


@pytest.mark.skipif(os.name == "nt", reason="POSIX alone has such names, and pipes")
def test_a_cache_file_of_any_name_and_kind_is_told_of(tmp_path: Path) -> None:
    with Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.nbi")).open("wb") as file:
        file.write(b"x")
    os.mkfifo(tmp_path / "pipe.nbc")
    (tmp_path / "link.nbi").symlink_to("/dev/zero")
    found = [(file["name"], file["bytes"]) for file in observe.data_files(str(tmp_path))]
    assert found == [("&#56575;.nbi", 1), ("link.nbi", 0), ("pipe.nbc", 0)]
