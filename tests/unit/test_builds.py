"""A build of Numba that is no release: what it is called, and which files are none that can run."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from packaging import tags

from matrix.commands.builds.against import _base
from matrix.errors import BadInput
from matrix.judge.patches import Change, against
from matrix.model.cell import Cell, parse_cell
from matrix.model.outcome import Outcome, Result
from matrix.options import Run
from matrix.packages.builds.build import Build, built
from matrix.packages.builds.inplace import interpreter_named
from matrix.packages.builds.wheel import wheel_named, write_lock
from matrix.project import read_project
from matrix.select.interpreters import Interpreter
from matrix.select.machine import Machine

HERE = next(tags.platform_tags())


def wheel(folder: Path, name: str, *, says: str = "numba", version: str = "0.69.0.dev0") -> Path:
    """Write a wheel that holds nothing but its metadata."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as file:
        text = f"Metadata-Version: 2.1\nName: {says}\nVersion: {version}\n"
        file.writestr(f"numba-{version}.dist-info/METADATA", text)
    return path


def test_a_build_is_never_called_as_a_release_is(tmp_path: Path) -> None:
    found = wheel_named(str(wheel(tmp_path, f"numba-0.69.0.dev0-cp313-cp313-{HERE}.whl")))
    assert found.cell.id == "0.69.0.dev0+local-cp313"
    assert Build("", "0.68.1", "3.13", "").cell.id == "0.68.1+local-cp313"
    assert Build("", "0.69.0.dev0+4.gab", "3.9", "").cell.id == "0.69.0.dev0+4.gab.local-cp39"
    for id_ in ("0.68.1+local-cp313", "0.69.0.dev0+4.gab.local-cp39", "0.69.0rc1+local-cp313"):
        assert parse_cell(id_).id == id_
        assert parse_cell(id_).is_local
    assert not parse_cell("0.68.1-cp313").is_local
    for id_ in ("0.69.0.dev0-cp313", "0.68.1+mine-cp313"):
        with pytest.raises(BadInput):
            parse_cell(id_)


@pytest.mark.parametrize(
    ("name", "says", "message"),
    [
        (f"numpy-1.0-cp313-cp313-{HERE}.whl", "numba", "a wheel of numpy, not of numba"),
        ("numba-0.69.0.dev0-cp313-cp313-beos_6502.whl", "numba", "is for beos_6502"),
        (f"numba-0.69.0.dev0-pp310-pypy310-{HERE}.whl", "numba", "one for a CPython"),
        (f"numba-0.69.0.dev0-cp313-cp313t-{HERE}.whl", "numba", "one for a CPython"),
        (f"numba-0.70.0-cp313-cp313-{HERE}.whl", "numba", "its metadata says numba 0.69.0.dev0"),
        (f"numba-0.69.0.dev0-cp313-cp313-{HERE}.whl", "other", "its metadata says other"),
        ("numba.whl", "numba", "this is no wheel"),
    ],
)
def test_a_wheel_that_cannot_run_here_is_refused(
    tmp_path: Path, name: str, says: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        wheel_named(str(wheel(tmp_path, name, says=says)))


def test_a_file_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    name = f"numba-0.69.0.dev0-cp313-cp313-{HERE}.whl"
    with pytest.raises(BadInput, match="no wheel lies in"):
        wheel_named(str(tmp_path / name))
    whole = wheel(tmp_path, name).read_bytes()
    with pytest.raises(BadInput, match=r"did you mean .*dev0-cp313"):
        wheel_named(str(tmp_path / name.replace("dev0", "dev1")))
    for content in (b"", b"no zip", whole[:-30], whole.replace(b"Name: numba", b"Name: nimba", 1)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match="no whole wheel"):
            wheel_named(str(tmp_path / name))


def test_what_is_no_interpreter_or_has_no_numba_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"imported there .*No module named 'numba'"):
        interpreter_named(sys.executable)
    with pytest.raises(BadInput, match="this is no interpreter; name"):
        interpreter_named(str(tmp_path))
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(BadInput, match="one that does not answer"):
        interpreter_named(str(tmp_path / "python"))


def test_a_base_that_is_none_is_told_by_the_option_that_names_it(tmp_path: Path) -> None:
    project, build = read_project(tmp_path), Build("mine.whl", "0.69.0.dev0", "3.13", "")
    here = dict.fromkeys(("3.13", "3.16"), Interpreter("", "", "", "", headers=True))
    machine = Machine(here, frozenset(here), "")

    def base(word: str, build: Build = build) -> Cell:
        return _base(Run(base=word), project, machine, build)

    assert base("").id == f"{project.served[-1]}-cp313"
    assert base("0.61.2").id == "0.61.2-cp313"
    says = "it names no release for cp313, which mine.whl is for; cp313 has 0.61.0"
    for word in ("0.57.0", "nonsense", "0.68&&0.67", "0.68.1-cp312"):
        with pytest.raises(BadInput, match=f"^--base {word}: {says}"):
            base(word)
    newer = msgspec.structs.replace(build, python="3.16")
    with pytest.raises(BadInput, match=r"^mine.whl: it is for cp316, and no release is: "):
        base("", newer)


def test_the_copy_that_is_kept_of_a_wheel_can_be_run_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matrix.packages.builds.wheel.compiled", lambda *_, **__: "numba @ x\n")
    path, locks = wheel(tmp_path, f"numba-0.69.0.dev0-cp313-cp313-{HERE}.whl"), tmp_path / "locks"
    for _ in range(2):
        lock = write_lock(wheel_named(str(path)), locks, fresh=True)
        option, named = built(lock)
        path = Path(option.removeprefix("--numba "))
        assert path.is_file()
        assert path.is_relative_to(locks)
        assert named.startswith(path.name)


def test_each_probe_is_held_against_the_base_the_worst_first() -> None:
    hit, died = Result(Outcome.HIT, "warm", value=1), Result(Outcome.CRASHED, "warm", "SIGSEGV")
    base, own = {"a": hit, "b": died, "c": hit}, {"a": hit, "b": hit, "c": died, "d": hit}
    found = against(base, own, "0.68.1+local-cp313")
    seen = [(effect.probe, effect.change) for effect in found]
    assert seen == [("c", Change.WORSE), ("b", Change.BETTER), ("a", Change.UNCHANGED)]
    assert found[0].line(()).endswith("hit -> crashed in warm (SIGSEGV), 0.68.1+local")
