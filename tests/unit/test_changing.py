"""The phase of a change: what of a probe is executed, and which changes are refused."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matrix.experiments.probe import AT_HOME
from matrix.model.record import PHASES
from tests.unit import in_cell

changing = in_cell.load("changing")
courses = in_cell.load("courses")
permissions = in_cell.load("permissions")

PROBE = """
import os
from pathlib import Path

import numba
from _beside import f
from numba import njit

raise RuntimeError("the module is not executed")


def change():
    Path("changed").touch()
    {}
"""


def change(folder: Path, does: str, before: str = "") -> Any:
    path = folder / "p.py"
    path.write_text(before + PROBE.format(does))
    return changing.change(str(path))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_of_a_probe_only_its_imports_and_its_change_are_executed(tmp_path: Path) -> None:
    assert change(tmp_path, "pass") == {"truth": "plain", "environment": {}}
    assert (tmp_path / "changed").exists()


def test_a_change_says_what_the_environment_is_to_be_and_which_truth_counts(tmp_path: Path) -> None:
    said = change(tmp_path, 'return {"NUMBA_OPT": "0"}', before='TRUTH = "same"\n')
    assert said == {"truth": "same", "environment": {"NUMBA_OPT": "0"}}


@pytest.mark.parametrize("returned", ['{"A=B": "x"}', '{"": "x"}', r'{"A": "x\0y"}'])
def test_what_no_environment_can_hold_is_refused(tmp_path: Path, returned: str) -> None:
    with pytest.raises(ValueError, match="what no environment can hold"):
        change(tmp_path, f"return {returned}")


def test_a_truth_with_a_type_is_one(tmp_path: Path) -> None:
    assert change(tmp_path, "pass", before='TRUTH: str = "same"\n')["truth"] == "same"


def test_a_change_within_the_tolerance_of_values_is_none() -> None:
    with pytest.raises(changing.NothingChanged):
        changing.see_that_it_changed("plain", [2.0], [2.0000000001])
    changing.see_that_it_changed("plain", [1], [True])


@pytest.mark.parametrize("returned", ['{"NUMBA_OPT": 0}', "3", '"NUMBA_OPT"'])
def test_what_is_no_environment_is_refused(tmp_path: Path, returned: str) -> None:
    with pytest.raises(TypeError, match="returns nothing, or environment variables"):
        change(tmp_path, f"return {returned}")


def test_a_truth_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TRUTH is 'some', and can be one of plain, same, compil"):
        change(tmp_path, "pass", before='TRUTH = "some"\n')


def test_numba_and_what_lies_beside_a_probe_are_left_out_of_its_imports() -> None:
    kept = ast.dump(changing.kept(ast.parse(PROBE.format("pass")), "change"))
    assert "pathlib" in kept
    assert not any(word in kept for word in ("numba", "_beside", "RuntimeError"))


@pytest.mark.parametrize(
    ("truth", "before", "now", "refused"),
    [
        ("plain", 1, 2, None),
        ("compiled", 1, 2, None),
        ("same", 1, 1, None),
        ("plain", 1, 1, changing.NothingChanged),
        ("compiled", 1, 1, changing.NothingChanged),
        ("same", 1, 2, changing.SomethingChanged),
    ],
)
def test_a_change_that_nobody_could_tell_from_none_is_refused(
    truth: str, before: int, now: int, refused: type[Exception] | None
) -> None:
    if refused is None:
        changing.see_that_it_changed(truth, before, now)
    else:
        with pytest.raises(refused):
            changing.see_that_it_changed(truth, before, now)


def test_driver_and_cell_know_the_same_carriers_and_their_phases() -> None:
    for carrier, follows in courses.FOLLOWS.items():
        assert PHASES[carrier] == (courses.FIRST, *follows.values())
    assert PHASES.keys() == courses.FOLLOWS.keys()
    assert AT_HOME == courses.AT_HOME


@pytest.mark.parametrize("carrier", courses.FOLLOWS)
def test_every_phase_that_follows_another_is_of_a_later_generation(carrier: str) -> None:
    number = {name: n for n, names in enumerate(courses.GENERATIONS) for name in names}
    for name, following in courses.FOLLOWS[carrier].items():
        assert number[name] < number[following]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="asks what root may do")
def test_root_may_no_more_than_is_permitted_and_is_let_in_again(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "file").touch()
    locked.chmod(0o000)
    code = "import os, permissions, sys\npermissions.obey()\nos.listdir(sys.argv[1])"
    asked = [sys.executable, "-c", code, str(locked)]
    home = in_cell.PROBES / "_cell"
    ended = subprocess.run(asked, cwd=home, capture_output=True, text=True, check=False)
    assert "PermissionError" in ended.stderr
    permissions.allow_again(str(tmp_path))
    again = subprocess.run(asked, cwd=home, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
