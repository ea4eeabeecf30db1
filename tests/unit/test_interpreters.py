"""Which executables count as a CPython, and when they are asked again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from matrix.errors import Unreachable
from matrix.select import interpreters
from matrix.select.interpreters import Answer, Interpreter, choose, find

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the executables here are shell scripts")

HERE = "{}.{}".format(*sys.version_info[:2])
REAL = str(Path(sys.executable).resolve())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder on PATH, on a machine that seems to have nothing else."""
    for name in interpreters.SETTINGS:
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def script(path: Path, body: str) -> Path:
    """Make an executable shell script that counts its runs in a file beside its folder."""
    count = path.parent.parent / f"{path.name}.count"
    path.write_text(f"#!/bin/sh\necho >> {count}\n{body}\n")
    path.chmod(0o755)
    return path


def runs(path: Path) -> int:
    """Return how often `script` number `path` ran."""
    count = path.parent.parent / f"{path.name}.count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def answer(version: str, **changes: object) -> Answer:
    """Return what an ordinary interpreter of `version` says."""
    plain = Answer(
        minor=".".join(version.split(".")[:2]),
        version=version,
        path=f"/bin/python{version}",
        build="of today",
        headers=True,
        implementation="CPython",
        level="final",
        machine=f"{platform.machine()} True",
        threaded=False,
        virtual=False,
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_shim_that_fails_is_no_interpreter(folder: Path) -> None:
    shim = script(folder / "python3.9", "exit 1")
    assert find(None) == {}
    assert runs(shim) == 1


def test_an_executable_that_was_killed_is_asked_again(folder: Path, tmp_path: Path) -> None:
    killed = script(folder / "python3.9", "kill -9 $$")
    failing = script(folder / "python3.10", "exit 1")
    for _ in range(2):
        assert find(tmp_path / "memo.json") == {}
    assert (runs(killed), runs(failing)) == (2, 1)


def test_without_room_for_an_answer_no_python_is_taken_for_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "python3").symlink_to(REAL)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(Unreachable, match="no room for temporary files"):
        find(None)


def test_a_script_that_only_talks_like_python_is_no_interpreter(folder: Path) -> None:
    script(folder / "python3.9", "echo Python 3.9.1; exit 0")
    assert find(None) == {}


def test_a_link_is_followed_to_the_interpreter_itself(folder: Path) -> None:
    (folder / "python3").symlink_to(REAL)
    found = find(None)
    assert list(found) == [HERE]
    assert found[HERE].path == REAL
    assert found[HERE].version == platform.python_version()
    assert platform.python_compiler() in found[HERE].build


def test_a_shim_that_works_stands_for_the_interpreter_behind_it(folder: Path) -> None:
    (folder.parent / "link").symlink_to(REAL)
    script(folder / "python3.9", f'exec "{folder.parent / "link"}" "$@"')
    assert find(None)[HERE].path == REAL


def test_one_executable_under_several_names_is_asked_once(folder: Path) -> None:
    shim = script(folder / "python3.9", "exit 1")
    (folder / "python3").symlink_to(shim)
    (folder / "python").symlink_to("python3")
    find(None)
    assert runs(shim) == 1


def test_a_virtual_environment_made_of_copies_is_no_interpreter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder.parent / "venv"
    command = [REAL, "-m", "venv", "--copies", "--without-pip", str(made)]
    subprocess.run(command, check=True)
    monkeypatch.setenv("PATH", str(made / "bin"))
    assert find(None) == {}


def test_what_is_remembered_is_not_asked_again(folder: Path, tmp_path: Path) -> None:
    shim = script(folder / "python3.9", "exit 1")
    works = script(folder / "python3.8", f'exec "{REAL}" "$@"')
    first = find(tmp_path / "memo.json")
    second = find(tmp_path / "memo.json")
    assert first == second
    assert (runs(shim), runs(works)) == (1, 1)


def test_a_changed_executable_is_asked_again_and_only_it(folder: Path, tmp_path: Path) -> None:
    shim = script(folder / "python3.9", "exit 1")
    works = script(folder / "python3.8", f'exec "{REAL}" "$@"')
    find(tmp_path / "memo.json")
    with shim.open("a") as file:
        file.write("# longer\n")
    find(tmp_path / "memo.json")
    assert (runs(shim), runs(works)) == (2, 1)


def test_an_interpreter_that_appears_is_found_in_spite_of_the_memo(
    folder: Path, tmp_path: Path
) -> None:
    assert find(tmp_path / "memo.json") == {}
    (folder / "python3").symlink_to(REAL)
    assert list(find(tmp_path / "memo.json")) == [HERE]


def test_an_interpreter_that_is_gone_is_not_found_in_spite_of_the_memo(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "python3").symlink_to(REAL)
    find(tmp_path / "memo.json")
    (folder / "python3").unlink()
    assert find(tmp_path / "memo.json") == {}


def test_a_wrapper_whose_interpreter_changed_is_asked_again(folder: Path, tmp_path: Path) -> None:
    works = script(folder / "python3.8", f'exec "{REAL}" "$@"')
    find(tmp_path / "memo.json")
    content = (tmp_path / "memo.json").read_text()
    size = Path(REAL).stat().st_size
    # As if the interpreter had another size when the wrapper was asked.
    (tmp_path / "memo.json").write_text(content.replace(f'"size":{size}', '"size":1'))
    find(tmp_path / "memo.json")
    assert runs(works) == 2


def test_another_path_asks_only_what_is_new_on_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = script(folder / "python3.8", f'exec "{REAL}" "$@"')
    find(tmp_path / "memo.json")
    (tmp_path / "more" / "bin").mkdir(parents=True)
    extra = script(tmp_path / "more" / "bin" / "python3.9", "exit 1")
    monkeypatch.setenv("PATH", f"{extra.parent}{os.pathsep}{folder}")
    assert list(find(tmp_path / "memo.json")) == [HERE]
    assert (runs(works), runs(extra)) == (1, 1)


def test_pyenv_installed_later_is_found_in_spite_of_the_memo(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.exists()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert find(tmp_path / "memo.json") == {}
    versions = tmp_path / "pyenv" / "versions"
    versions.mkdir(parents=True)
    assert find(tmp_path / "memo.json") == {}
    (versions / "new" / "bin").mkdir(parents=True)
    (versions / "new" / "bin" / "python3").symlink_to(REAL)
    assert list(find(tmp_path / "memo.json")) == [HERE]


def test_an_interpreter_too_slow_to_answer_is_asked_again_next_time(
    folder: Path, tmp_path: Path
) -> None:
    slow = script(folder / "python3.9", "exec /bin/sleep 60")
    shim = script(folder / "python3.8", "exit 1")
    for _ in range(2):
        assert find(tmp_path / "memo.json", patience=0.2) == {}
    assert (runs(slow), runs(shim)) == (2, 1)


@pytest.mark.parametrize(
    "content", ["", "{", "[1, 2]", '{"foreign": true}', '{"question": "\xff"}', "\0"]
)
def test_a_memo_of_nonsense_is_made_anew(folder: Path, tmp_path: Path, content: str) -> None:
    (folder / "python3").symlink_to(REAL)
    memo = tmp_path / "memo.json"
    memo.write_bytes(content.encode("latin-1"))
    assert list(find(memo)) == [HERE]
    assert msgspec.json.decode(memo.read_bytes(), type=interpreters.Memo).asked


def test_a_memo_that_cannot_be_written_is_done_without(folder: Path, tmp_path: Path) -> None:
    (folder / "python3").symlink_to(REAL)
    (tmp_path / "file").write_text("")
    assert list(find(tmp_path / "file" / "memo.json")) == [HERE]


def test_the_newest_patch_is_chosen_and_minors_are_in_order() -> None:
    found = choose([answer("3.10.9"), answer("3.9.1"), answer("3.10.10")])
    assert [one.version for one in found.values()] == ["3.9.1", "3.10.10"]
    assert type(found["3.9"]) is Interpreter


def test_an_older_patch_with_headers_is_chosen_over_a_newer_one_without() -> None:
    found = choose([answer("3.10.9"), answer("3.10.10", headers=False)])
    assert found["3.10"].version == "3.10.9"


@pytest.mark.parametrize(
    "change",
    [
        {"implementation": "PyPy"},
        {"level": "candidate"},
        {"threaded": True},
        {"virtual": True},
        {"machine": f"{platform.machine()} False"},
        {"machine": "pdp11 True"},
    ],
)
def test_what_a_wheel_does_not_fit_is_left_out(change: dict[str, object]) -> None:
    assert choose([answer("3.10.9", **change)]) == {}
