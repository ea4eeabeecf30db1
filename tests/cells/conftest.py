"""The cells that these tests run in, found once, and a driver for each test."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from matrix.project import DATA
from matrix.select.interpreters import Interpreter, find
from matrix.select.releases import load, platform_here
from matrix.select.selection import Catalogue, select
from tests.cells.driving import Driver, copy_project_that_waits, flag


@pytest.fixture(scope="session")
def memo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file with what was asked of the interpreters here: asking takes seconds."""
    path = tmp_path_factory.mktemp("asked") / "interpreters.json"
    find(path)
    return path


@pytest.fixture(scope="session")
def interpreters(memo: Path) -> dict[str, Interpreter]:
    """Return the CPythons of this machine, by minor version."""
    return find(memo)


@pytest.fixture(scope="session")
def catalogue(interpreters: dict[str, Interpreter]) -> Catalogue:
    """Return all cells there are, and the Pythons here."""
    releases = load(DATA / "releases.toml")
    return Catalogue(releases, platform_here(), frozenset(interpreters))


@pytest.fixture(scope="session")
def seed(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the cells of the seed selection that can run here; there is at least one."""
    cells = tuple(cell.id for cell in select(["seed"], catalogue).runnable)
    if not cells:
        pytest.skip("no CPython of this machine serves 0.48.0, 0.57.0 or the newest release")
    return cells


@pytest.fixture(scope="session")
def oldest(seed: tuple[str, ...]) -> str:
    """Return the cell of 0.48.0, or of the oldest of the three releases that can run here."""
    return seed[0]


@pytest.fixture(scope="session")
def newest(seed: tuple[str, ...]) -> str:
    """Return the cell of the newest release that can run here."""
    return seed[-1]


@pytest.fixture(scope="session")
def middle(seed: tuple[str, ...]) -> str:
    """Return the cell of 0.57.0, or the one nearest to it that can run here."""
    return seed[len(seed) // 2]


@pytest.fixture
def driver(tmp_path: Path, memo: Path) -> Driver:
    """Return a driver of this project with an empty state and the project's own environments."""
    return new_driver(tmp_path / "state", memo)


@pytest.fixture
def waiting(tmp_path: Path, driver: Driver, newest: str) -> Driver:
    """Return a driver of a project with a probe that waits in the newest cell."""
    flag(tmp_path, newest).touch()
    return msgspec.structs.replace(driver, project=copy_project_that_waits(tmp_path))


def new_driver(state: Path, memo: Path) -> Driver:
    """Return a driver with an empty state that knows the interpreters already."""
    state.mkdir(parents=True)
    (state / "interpreters.json").write_bytes(memo.read_bytes())
    return Driver(state)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of environments that tests may spoil."""
    return tmp_path_factory.mktemp("environments")
