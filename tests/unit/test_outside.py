"""Modules from outside: what is kept of them, and when it is believed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from matrix.experiments.outside import imported, is_current, recall, remember, without_changed
from matrix.model.record import Module
from matrix.select.machine import BUILDING, LOADING, building, loading
from tests.unit import in_cell, records

CELL = "0.48.0-cp38"
SAYS_WHERE = (
    *("PATH", "HOME", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)"),
    "COMMONPROGRAMFILES",
)


def told(path: Path) -> dict[str, str]:
    """Return what a phase tells of a module in this file."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return {"module": path.stem, "file": str(path), "sha256": sha256}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a module of which `cache/p` is known to be."""
    path = tmp_path / "library.py"
    path.write_text("x = 1\n")
    line = {"probe": "cache/p", "outside": [told(path)]}
    remember(tmp_path, CELL, "exec", [line, line, {"versions": {}}, {"probe": "cache/q"}])
    return path


def test_a_probe_is_current_while_its_modules_are_what_they_were(
    tmp_path: Path, library: Path
) -> None:
    seen = msgspec.structs.replace(records.hit("cache/p"), outside=imported([told(library)]))
    record = records.cell(CELL, seen, records.hit("cache/q"))
    memo = recall(tmp_path, CELL)
    assert all(is_current(probe, memo) for probe in record.probes)
    assert without_changed(record, memo) == record
    for changed in ("x = 2\n", None):
        library.write_text(changed) if changed else library.unlink()
        assert not is_current(seen, memo)
        assert [probe.id for probe in without_changed(record, memo).probes] == ["cache/q"]


def test_a_probe_of_which_nothing_is_known_here_runs_again_and_is_judged(tmp_path: Path) -> None:
    seen = msgspec.structs.replace(records.hit("cache/p"), outside=(Module("m", "0" * 16),))
    record = records.cell(CELL, seen)
    for content in (None, b"", b"[[", b'[["cache/p","exec",[]]]', b"\xff"):
        path = tmp_path / "outside" / f"{CELL}.json"
        path.parent.mkdir(exist_ok=True)
        if content is not None:
            path.write_bytes(content)
        assert not is_current(seen, recall(tmp_path, CELL))
    path.unlink()
    assert without_changed(record, recall(tmp_path, CELL)) == record


def test_a_module_that_changed_between_two_phases_is_never_current(
    tmp_path: Path, library: Path
) -> None:
    one = told(library)
    library.write_text("x = 2\n")
    said = [one, told(library)]
    remember(tmp_path, CELL, "exec", [{"probe": "cache/p", "outside": said}])
    seen = msgspec.structs.replace(records.hit("cache/p"), outside=imported(said))
    assert not is_current(seen, recall(tmp_path, CELL))


def test_what_no_probe_imports_any_more_is_forgotten(tmp_path: Path, library: Path) -> None:
    assert library.exists()
    remember(tmp_path, CELL, "fork", [{"probe": "cache/p", "outside": [told(library)]}])
    remember(tmp_path, CELL, "exec", [{"probe": "cache/p", "outside": []}])
    assert set(recall(tmp_path, CELL)) == {("cache/p", "fork")}


def test_every_variable_that_reaches_a_phase_is_in_the_key_or_only_says_where_things_are() -> None:
    passed_on = in_cell.load("surroundings").PASSED_ON
    assert sorted([*LOADING, *BUILDING, *SAYS_WHERE]) == sorted(passed_on)


def test_another_compiler_or_variable_is_another_condition(tmp_path: Path) -> None:
    compiler = tmp_path / "mycc"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    here = {"PATH": str(tmp_path), "HOME": "/x", "OPENBLAS_CORETYPE": "Haswell"}
    own = building(here, "mycc -pthread")
    assert str(compiler) in own
    assert building(here | {"CC": "false 'x"}, "mycc -pthread") != own
    assert building(here | {"SDKROOT": "/sdk"}, "mycc -pthread") != own
    assert building(here | {"HOME": "/y", "PATH": f"/nowhere:{tmp_path}"}, "mycc -pthread") == own
    compiler.write_text("#!/bin/bash\n")
    assert building(here, "mycc -pthread") != own
    assert loading(here) == "OPENBLAS_CORETYPE=Haswell"
    assert loading(here | {"LD_LIBRARY_PATH": "/x"}) != loading(here)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_a_memo_that_is_no_file_says_nothing_and_is_set_aside(
    library: Path, make: Callable[[str], None]
) -> None:
    state = library.parent
    path = state / "outside" / f"{CELL}.json"
    path.unlink()
    make(str(path))
    assert recall(state, CELL) == {}
    remember(state, CELL, "exec", [{"probe": "cache/p", "outside": [told(library)]}])
    assert set(recall(state, CELL)) == {("cache/p", "exec")}
    assert path.is_file()
