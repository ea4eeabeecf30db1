"""Two real cells on one cache folder, in either order, and what ends a process while it shares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, Ended, claim, copy_project, posix_only

# Like a library that does not get on with what an older Python has left.
DIES = '''"""Is killed where an older Python has been, once it has loaded or compiled everything."""

import os
import signal
import sys

from numba import njit

HERE = os.path.dirname(os.path.abspath(__file__))
MINE = "been-{:02}".format(sys.version_info[1])


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    been = [name for name in os.listdir(HERE) if name.startswith("been-")]
    open(os.path.join(HERE, MINE), "a").close()
    value = double(2)
    if MINE not in been and min(been, default=MINE) < MINE:
        os.kill(os.getpid(), signal.SIGKILL)
    return value
'''

pytestmark = posix_only


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, memo: Path, middle: str, newest: str
) -> tuple[Driver, Ended]:
    """Let two cells share a folder with a probe that does not always bear that."""
    if middle == newest:
        pytest.skip("it takes two cells to share")
    folder = tmp_path_factory.mktemp("share")
    project = copy_project(folder / "project", [], claim("cache/dies", '{ outcome = "hit" }'))
    (project / "probes" / "cache").mkdir()
    (project / "probes" / "cache" / "dies.py").write_text(DIES)
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    words = ("share", middle, newest, "--sharing", "cache/dies", "--envdir", str(driver.envdir))
    return driver, driver.start(*words).end()


def test_what_a_cell_is_ended_by_stands_in_the_grid_and_makes_it_one(
    shared: tuple[Driver, Ended], middle: str, newest: str
) -> None:
    driver, ended = shared
    assert ended.status == 1
    said = [line.split() for line in ended.without_traceback().splitlines()]
    assert ["|", middle, "|", "loads", "|", "crashes", "SIGKILL", "|"] in said
    assert ["|", newest, "|", "apart", "|", "loads", "|"] in said
    kept: dict[str, Any] = json.loads((driver.state / "share.json").read_text())
    killed = next(
        p for p in kept["pairs"] if (p["first"]["cell"], p["second"]["cell"]) == (middle, newest)
    )
    assert [phase["status"] for phase in killed["phases"]] == ["answered", "crashed", "answered"]
    # Both went at one folder: what the first left is what the second began with.
    first, second, _ = killed["phases"]
    assert first["files_after"]
    assert second["files_before"] == first["files_after"]
    assert list((driver.state / "work").iterdir()) == []


def test_the_grid_is_in_every_report_and_stays_there(
    shared: tuple[Driver, Ended], middle: str
) -> None:
    driver, _ = shared
    for another in (True, False):
        for name in ("report.md", "index.html"):
            text = (driver.state / "report" / name).read_text()
            assert "crashes SIGKILL" in text
            assert "cache/dies" in text
        assert not another or driver.run(middle).status == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{0}"], "one cell has nobody to share with; name two"),
        (["{0}", "{1}", "{0}"], "{0} is named twice; name it once"),
        (["{0}", "0.57.0-cp3"], "0.57.0-cp3"),
        (["{0}", "{1}", "--sharing", "cache/lives"], "there is no probe 'cache/lives'"),
        (["{0}", "{1}", "--cpu-names", "a b"], "'a b' is no CPU name"),
    ],
)
def test_who_cannot_share_is_told_in_one_line(
    shared: tuple[Driver, Ended], middle: str, newest: str, words: list[str], says: str
) -> None:
    driver, _ = shared
    named = [] if "--sharing" in words else ["--sharing", "cache/dies"]
    ended = driver.start("share", *(w.format(middle, newest) for w in words), *named).end()
    assert ended.status == 2
    said = ended.without_traceback().splitlines()
    assert sum(line.startswith("error: ") for line in said) == 1
    assert says.format(middle, newest) in said[-1]
