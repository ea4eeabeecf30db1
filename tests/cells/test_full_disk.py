"""A disk that is full, or fills while a cell runs: a clear error, and old results are intact."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, claim, copy_project, posix_only

pytestmark = posix_only

FILLS = '''"""Fills the disk it runs on, where a file says so."""
import os


def run():
    if not os.path.exists({flag!r}):
        return 1
    with open("filling", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
'''
NOTHING_CACHED = '{ outcome = "uncacheable" }'
FULL = "could not be written: No space left on device. What it held before is unchanged"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of four megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=4m", "numba-matrix-test", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nobody but root can mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, memo: Path, newest: str) -> Driver:
    """Return a driver of a project with one probe that has run in the newest cell."""
    folder = tmp_path_factory.mktemp("disk")
    project = copy_project(folder / "project", [], claim("cache/fills", NOTHING_CACHED))
    probe = project / "probes" / "cache" / "fills.py"
    probe.parent.mkdir()
    probe.write_text(FILLS.format(flag=str(project / "fill")))
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    ended = driver.run(newest)
    assert ended.status == 0, ended.said
    return driver


def observed(driver: Driver) -> dict[str, bytes]:
    folder = driver.state / "observations"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fill(file: io.FileIO) -> None:
    while True:
        file.write(b"x" * 4096)


def on(disk: Path, driver: Driver) -> Driver:
    """Return the driver with all that it has stored moved to another disk."""
    shutil.copytree(driver.state, disk / "state")
    return msgspec.structs.replace(driver, state=disk / "state")


def test_a_disk_that_is_full_is_said_and_old_results_stay(
    ran: Driver, small_disk: Path, newest: str
) -> None:
    driver = on(small_disk, ran)
    before = observed(driver)
    with (
        (small_disk / "filling").open("wb", buffering=0) as file,
        pytest.raises(OSError, match="space"),
    ):
        fill(file)
    ended = driver.run(newest, "--fresh")
    assert ended.status == 1
    assert FULL in ended.without_traceback()
    assert observed(driver) == before
    (small_disk / "filling").unlink()
    ended = driver.run(newest)
    assert ended.status == 0
    assert ended.due() == (0, 0)


def test_a_disk_that_fills_while_a_cell_runs_costs_that_cell_only(
    ran: Driver, small_disk: Path, newest: str
) -> None:
    driver = on(small_disk, ran)
    before = driver.record(newest)
    (ran.project / "fill").touch()
    ended = driver.run(newest, "--fresh")
    assert ended.status == 3
    assert f"NOT RUN {newest}: broken, OSError: [Errno 28] No space left on device" in ended.said
    assert driver.record(newest).probes == before.probes
    (ran.project / "fill").unlink()
    ended = driver.run(newest)
    assert ended.status == 0
    assert ended.due() == (1, 1)


def test_a_file_that_may_not_grow_is_said_and_old_results_stay(ran: Driver, newest: str) -> None:
    before = observed(ran)
    words = ("run", newest, "--fresh", "--envdir", str(ran.envdir))
    ended = ran.start(*words, before=only_short_files).end()
    assert ended.status == 1
    said = ended.without_traceback()
    assert "could not be written: File too large. What it held before is unchanged" in said
    assert observed(ran) == before


def only_short_files() -> None:
    import resource  # noqa: PLC0415 (Windows has none)

    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
