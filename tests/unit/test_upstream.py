"""Numba's own tests: the list of them, and what their results read as."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from matrix.errors import BadInput
from matrix.experiments.upstream import load
from matrix.model.record import UpstreamResult

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


def run_suite(tmp_path: Path, source: str) -> list[dict[str, object]]:
    """Run the in-cell side over a test module of this name, and return its lines."""
    (tmp_path / "suite_under_test.py").write_text(source)
    results = tmp_path / "results"
    runner = ROOT / "probes" / "_cell" / "upstream.py"
    command = [sys.executable, str(runner), str(results), "missing_module:T", "suite_under_test:T"]
    environment = {"PYTHONPATH": str(tmp_path)}
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
