"""What is filed is of what ran: these packages, this Python, and the files as they were run."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest

from matrix.run.environment import environment
from tests.cells.conftest import new_driver
from tests.cells.driving import (
    Driver,
    claim,
    copy_project,
    copy_project_that_waits,
    flag,
    pids_of_the_waiting,
    posix_only,
)

HIT = '{ outcome = "hit" }'
# Each would change what is installed, or where, or which interpreter runs.
MEDDLING = {
    "UV_OVERRIDE": "/nowhere/override.txt",
    "UV_CONSTRAINT": "/nowhere/constraint.txt",
    "UV_PYTHON": "/nowhere/python",
    "UV_TARGET": "/nowhere/target",
    "UV_EXCLUDE_NEWER": "2012-01-01",
    "NOXPYTHON": "3.5",
    "NOXFORCEPYTHON": "3.5",
    "NOX_DEFAULT_VENV_BACKEND": "none",
    "VIRTUAL_ENV": "/nowhere/venv",
    "CONDA_PREFIX": "/nowhere/conda",
}


@pytest.fixture
def spoiled(tmp_path: Path, memo: Path) -> Driver:
    """Return a driver whose environments are its own, and whose paths no PATH can hold."""
    folder = tmp_path / "a:b [c] {d} 'e' cell(1) %s ł\n\"f"
    project = copy_project(folder / "clone", ["cache/plain_lazy"], claim("cache/plain_lazy", HIT))
    driver = new_driver(folder / "state", memo)
    return msgspec.structs.replace(driver, project=project, envdir=folder / "envs")


@posix_only
def test_only_what_is_locked_runs_whatever_the_caller_has_set(
    spoiled: Driver, tmp_path: Path, newest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another python at the head of PATH, and another numba where Python looks first.
    another = tmp_path / "another"
    another.mkdir()
    (another / "python").write_text("#!/bin/sh\necho another python >&2\nexit 1\n")
    (another / "python").chmod(0o755)
    (another / "numba.py").write_text("raise ImportError('another numba')\n")
    settings = {"PATH": os.pathsep.join((str(another), os.environ["PATH"]))}
    settings |= {"PYTHONPATH": str(another), "PYTHONIOENCODING": "cp1252"}
    for name, value in (MEDDLING | settings).items():
        monkeypatch.setenv(name, value)
    first = spoiled.run(newest)
    assert first.status == 0, first.said
    assert "\\u0142" in first.without_traceback()
    assert spoiled.outcomes(newest, "fork") == {"cache/plain_lazy": "hit"}

    # Somebody puts another package there, and another version of one, by hand.
    env = environment(spoiled.envdir, newest)
    (packages,) = env.glob("[Ll]ib/**/site-packages")
    (metadata,) = packages.glob("llvmlite-*.dist-info")
    was = metadata.stem.partition("-")[2]
    module = packages / "llvmlite" / "__init__.py"
    text = module.read_text()
    module.unlink()  # it may be a link into uv's cache
    module.write_text(text + "\n__version__ = '0.999.0'\n")
    (packages / "icc_rt-2020.0.133.dist-info").mkdir()
    ended = spoiled.run(newest, "--fresh")
    assert ended.status == 3, ended.said
    wrong = f"icc-rt 2020.0.133 (locked: none), llvmlite 0.999.0 (locked: {was})"
    said = f"NOT RUN {newest}: broken, the cell ran with other packages than locked: {wrong}"
    assert said in ended.without_traceback()

    # The next run makes the environment anew; a time limit that is too short is called that.
    ended = spoiled.run(newest)
    assert ended.status == 0, ended.said
    assert ended.due() == (1, 1)
    assert not list(packages.glob("icc_rt-*"))
    ended = spoiled.run(newest, "--fresh", "--timeout", "0.01")
    assert ended.status == 3
    said = f"NOT RUN {newest}: broken, importing Numba alone takes longer than the 0.01 s"
    assert said in ended.without_traceback()


def test_what_is_edited_while_a_run_is_under_way_has_no_part_in_it(
    driver: Driver, tmp_path: Path, oldest: str, newest: str
) -> None:
    if oldest == newest:
        pytest.skip("one release only has an interpreter here")
    waiting = msgspec.structs.replace(driver, project=copy_project_that_waits(tmp_path))
    flag(tmp_path, oldest).touch()
    options = ("--jobs", "1", "--envdir", str(waiting.envdir))
    running = waiting.start("run", oldest, newest, *options)
    pids_of_the_waiting(tmp_path)
    # The first cell is under way, the second has not begun.
    probes = waiting.project / "probes"
    edited = probes / "cache" / "plain_lazy.py"
    text = edited.read_text()
    edited.write_text(text + "\nraise ZeroDivisionError\n")
    (probes / "cache" / "waits.py").rename(tmp_path / "waits.py")
    with (probes / "_cell" / "observe.py").open("a") as runner:
        runner.write("\nraise ZeroDivisionError\n")
    lock = waiting.project / "matrix" / "data" / "locks" / f"numba-{newest.partition('-')[0]}.txt"
    was_locked = lock.read_text()
    lock.write_text("numba==0.0.0\n")
    flag(tmp_path, oldest).unlink()
    ended = running.end()
    expected = {"cache/plain_lazy": "hit", "cache/waits": "hit"}
    assert waiting.outcomes(oldest, "fork") == waiting.outcomes(newest, "fork") == expected
    # Of files that are there no more, nothing is judged.
    assert f"{newest}: 2 probes are left out" in ended.without_traceback()

    # As they were, they are what ran; edited, they are to run.
    (tmp_path / "waits.py").rename(probes / "cache" / "waits.py")
    runner_text = (probes / "_cell" / "observe.py").read_text()
    (probes / "_cell" / "observe.py").write_text(
        runner_text.removesuffix("\nraise ZeroDivisionError\n")
    )
    lock.write_text(was_locked)
    ended = waiting.run(oldest, newest)
    assert ended.due() == (2, 2)
    assert set(waiting.outcomes(newest, "fork").values()) == {
        "raised in interpreted (ZeroDivisionError)",
        "hit",
    }
    edited.write_text(text)


def test_a_runner_that_hangs_is_ended_and_said(tmp_path: Path, memo: Path, newest: str) -> None:
    project = copy_project(tmp_path / "clone", ["cache/plain_lazy"], claim("cache/plain_lazy", HIT))
    with (project / "probes" / "_cell" / "observe.py").open("a") as runner:
        runner.write("\n__import__('time').sleep(3600)\n")
    driver = msgspec.structs.replace(new_driver(tmp_path / "state", memo), project=project)
    ended = driver.run(newest, "--timeout", "0.5", "--isolation", "exec")
    assert ended.status == 3
    said = f"NOT RUN {newest}: broken, the in-cell runner was ended: it said nothing for 32 s"
    assert said in ended.without_traceback()


@posix_only
def test_what_is_no_regular_file_is_no_probe(tmp_path: Path, memo: Path, newest: str) -> None:
    folder = tmp_path / "mine"
    (folder / "cache").mkdir(parents=True)
    os.mkfifo(folder / "cache" / "pipe.py")
    assert stat.S_ISFIFO((folder / "cache" / "pipe.py").stat().st_mode)
    ended = new_driver(tmp_path / "state", memo).run(newest, "--probes", str(folder))
    assert ended.status == 2
    assert "pipe.py: this is a pipe; it has to be a regular file" in ended.without_traceback()
