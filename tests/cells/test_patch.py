"""`--patch`: anybody's change to Numba, run before each probe, held against the probe without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cells.driving import Driver

PROBES = ("--probe", "cache/plain_lazy", "--probe", "cache/even_odd_lazy", "--probe", "aot/plain")


def written(folder: Path, name: str, source: str) -> str:
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    return str(path)


def test_a_patch_that_does_nothing_changes_nothing(
    driver: Driver, newest: str, tmp_path: Path
) -> None:
    ended = driver.run(newest, *PROBES, "--patch", written(tmp_path, "empty", ""))
    assert ended.status == 0, ended.said
    assert "under the patch: nothing changed in 3 squares" in ended.without_traceback()
    again = driver.run(newest, *PROBES, "--patch", written(tmp_path, "empty", ""))
    assert again.due() == (0, 0)
    edited = driver.run(newest, *PROBES, "--patch", written(tmp_path, "empty", "# edited\n"))
    assert edited.due() == (3, 1)


def test_the_remedy_makes_better_and_makes_nothing_worse(driver: Driver, middle: str) -> None:
    ended = driver.run(middle, *PROBES, "--patch", "remedy")
    assert ended.status == 0, ended.said
    assert "better: cache/even_odd_lazy@remedy: crashed in warm (SIGSEGV) -> hit" in ended.said
    assert "under the patch: better 1, unchanged 2" in ended.said
    assert "What patches to Numba change" in (driver.state / "report" / "report.md").read_text()


@pytest.mark.parametrize(
    ("source", "says", "message"),
    [
        ("raise RuntimeError('not here')", "raised in patch (RuntimeError)", "not here"),
        ("def install():\n    raise OSError('nor so')\n", "raised in patch (OSError)", "nor so"),
        ("def install(:\n", "raised in patch (SyntaxError)", "invalid syntax (failing.py, line 1)"),
        ("import os\nos.kill(os.getpid(), 11)\n", "crashed in patch (SIGSEGV)", ""),
        ("import os\nos._exit(0)\n", "crashed in patch (no answer)", ""),
    ],
)
def test_a_patch_that_fails_is_the_outcome_of_its_squares_alone(
    driver: Driver, newest: str, tmp_path: Path, source: str, says: str, message: str
) -> None:
    patch = written(tmp_path, "failing", source)
    ended = driver.run(newest, *PROBES, "--patch", patch, "--isolation", "both")
    assert ended.status == 1
    assert f"worse: cache/plain_lazy@failing: hit -> {says}" in ended.without_traceback()
    assert ended.said.count(f"\n  {message}\n") == (1 if message else 0)
    for isolation in ("exec", "fork"):
        assert driver.outcomes(newest, isolation) == {
            "aot/plain": "works",
            "aot/plain@failing": says,
            "cache/even_odd_lazy": "crashed in warm (SIGSEGV)",
            "cache/even_odd_lazy@failing": says,
            "cache/plain_lazy": "hit",
            "cache/plain_lazy@failing": says,
        }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent.py", "there is no such file"),
        ("remidy", "did you mean 'remedy'?"),
        ("a.txt", "a patch is a file like my_patch.py"),
        ("a@b.py", "a patch is a file like my_patch.py"),
        ("folder.py", "this is a folder"),
    ],
)
def test_what_is_no_patch_is_refused(
    driver: Driver, newest: str, tmp_path: Path, name: str, says: str
) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "a@b.py").touch()
    (tmp_path / "folder.py").mkdir()
    word = name if "." not in name else str(tmp_path / name)
    ended = driver.run(newest, "--patch", word)
    assert ended.status == 2
    assert says in ended.without_traceback()


def test_a_patch_may_fail_on_one_release_only(
    driver: Driver, middle: str, newest: str, tmp_path: Path
) -> None:
    release = middle.partition("-")[0]
    source = f"import numba\nassert numba.__version__ != {release!r}, 'not here'\n"
    probe = ("--probe", "cache/plain_lazy")
    ended = driver.run(middle, newest, *probe, "--patch", written(tmp_path, "choosy", source))
    assert ended.status == 1
    told = "worse: cache/plain_lazy@choosy: hit -> raised in patch (AssertionError)"
    assert f"{told}, {release}\n  not here\n" in ended.said
    assert "under the patch: worse 1, unchanged 1" in ended.said


def test_a_patch_that_ends_the_runner_leaves_nothing_to_compare(
    driver: Driver, newest: str, tmp_path: Path
) -> None:
    source = "import os\nos.kill(os.getppid(), 9)\n"
    patch = written(tmp_path, "meddling", source)
    ended = driver.run(newest, "--probe", "cache/plain_lazy", "--patch", patch)
    assert ended.status == 3
    assert "nothing is known" in ended.without_traceback().splitlines()[-1]
