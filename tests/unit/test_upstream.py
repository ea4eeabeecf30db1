"""Numba's own tests: the list of them, and what their results read as."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from matrix.errors import BadInput
from matrix.experiments.upstream import load
from matrix.judge.patches import broken
from matrix.model.record import UpstreamResult
from matrix.report.terminal.conclusion import patch_lines
from tests.unit import in_cell, records
from tests.unit.test_report import claimed

ROOT = Path(__file__).parents[2]
RESULT = UpstreamResult(
    "recursion", "k", 14, 1, 2, absent=False, ended="", failures=("t",), wall_s=1
)


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "upstream.toml"
    path.write_text(text)
    return path


def test_the_list_that_is_shipped_is_well_formed() -> None:
    assert "recursion" in load(ROOT / "matrix" / "data" / "upstream.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('["a"]\nname = ["numba.tests.test_x"]', "did you mean 'names'"),
        ('["a"]\nnames = ["os.path"]', "is not like numba.tests"),
        ('["a"]\nnames = 3', "Expected `array`"),
        ("[", "not TOML"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        load(listed(tmp_path, text))


def test_a_result_reads_as_what_came_of_it() -> None:
    assert str(RESULT) == "14 passed, 1 failed, 2 skipped"


def run_suite(tmp_path: Path, source: str, *first: str, patch: str = "") -> list[dict[str, object]]:
    """Run the in-cell side over a test module of this name, and return its lines."""
    (tmp_path / "suite_under_test.py").write_text(source)
    results = tmp_path / "results"
    runner = ROOT / "probes" / "_cell" / "upstream.py"
    names = ["missing_module:T", "suite_under_test:T"]
    order = {"names": names, "patch": patch, "results": str(results)}
    command = [sys.executable, str(runner), json.dumps(order)]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, (tmp_path, *first)))}
    subprocess.run(command, env=environment, check=False, capture_output=True)
    return (
        [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    )


def test_each_test_is_counted_as_what_it_did(tmp_path: Path) -> None:
    source = """
import unittest
class T(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): self.fail()
    def test_c(self): raise OSError
    def test_d(self): self.skipTest("")
"""
    kinds = [line["kind"] for line in run_suite(tmp_path, source)]
    assert kinds == ["passed", "failed", "failed", "skipped"]


def test_a_suite_the_release_does_not_have_is_absent_and_no_pass(tmp_path: Path) -> None:
    assert run_suite(tmp_path, "import unittest") == [{"absent": True}]


def test_a_suite_that_cannot_be_imported_is_not_absent(tmp_path: Path) -> None:
    assert run_suite(tmp_path, "import no_such_module_anywhere") == []


def test_a_suite_that_dies_has_said_how_far_it_came(tmp_path: Path) -> None:
    source = """
import os, unittest
class T(unittest.TestCase):
    def test_a(self): pass
    def test_b(self): os._exit(1)
"""
    assert [line["kind"] for line in run_suite(tmp_path, source)] == ["passed"]


ASKS = """
import subprocess, sys, unittest
class T(unittest.TestCase):
    def test_here(self):
        import numba
        assert numba.patched
    def test_in_a_process_of_its_own(self):
        subprocess.check_call([sys.executable, "-c", "import numba; assert numba.patched"])
"""


def test_a_patch_is_run_in_a_suite_and_in_the_processes_that_it_starts(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("patched = False\n")
    patch = tmp_path / "mine.py"
    patch.write_text("import numba\ndef install(): numba.patched = True\n")
    start = in_cell.load("upstream").at_start(str(patch), str(tmp_path / "start"))
    kinds = [line["kind"] for line in run_suite(tmp_path, ASKS, start, patch=str(patch))]
    assert kinds == ["passed", "passed"]


def test_what_ran_without_its_patch_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("patched = True\n")
    assert run_suite(tmp_path, ASKS, patch="mine.py") == []


def result(suite: str, passed: int, *failures: str, ended: str = "") -> UpstreamResult:
    return UpstreamResult(
        suite, "k", passed, len(failures), 0, absent=False, ended=ended, failures=failures, wall_s=1
    )


@pytest.mark.parametrize(
    ("under", "how"),
    [
        (result("cache@mine", 8, "old"), None),
        (result("cache@mine", 9), None),
        (result("cache@mine", 7, "old", "new"), "new"),
        (result("cache@mine", 8, "old", ended="SIGSEGV"), "SIGSEGV"),
        (result("cache@mine", 7, "old"), "7 passed, 1 failed, and 8 passed, 1 failed without it"),
    ],
)
def test_a_patch_breaks_what_fails_under_it_alone(under: UpstreamResult, how: str | None) -> None:
    suites = (result("cache", 8, "old"), under)
    record = msgspec.structs.replace(records.cell("0.68.1-cp313"), upstream=suites)
    assert broken([record], {"cache", "cache@mine"}) == (
        {("cache@mine", how): ["0.68.1-cp313"]} if how else {}
    )


@pytest.mark.parametrize(("failures", "worse"), [((), "none"), (("new", "newer"), "1")])
def test_the_last_line_counts_the_suites_that_a_patch_breaks(
    failures: tuple[str, ...], worse: str
) -> None:
    suites = {
        "cache": result("cache", 8), "cache@mine": result("cache@mine", 8, *failures),
        "pycc": result("pycc", 1), "pycc@mine": result("pycc@mine", 1),
    }  # fmt: skip
    record = msgspec.structs.replace(records.cell("0.68.1-cp313"), upstream=tuple(suites.values()))
    last = [*patch_lines(claimed(record), "exec", suites)][-1]
    assert last == f"Numba's own tests under it: 2 suites, {worse} worse"
