"""Where environments are, what they hold, and what a run says they will take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from nox import sessions

from matrix.model.files import ROOT
from matrix.packages.uv import package_cache
from matrix.project import DATA
from matrix.run import environment as environments
from matrix.select.releases import load, lock_path

PYTHON, ANOTHER = "/opt/python/3.11.7/bin/python3.11", "/opt/python/3.11.9/bin/python3.11"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder for environments and a package cache, on one file system."""
    return tmp_path / "envs", tmp_path / "cache"


def test_an_environment_is_where_nox_makes_it() -> None:
    found = environments.environment(Path("envs"), "0.57.0-cp311")
    assert found == Path("envs", "cell-0-57-0-cp311")


def test_an_environment_holds_the_very_lock_it_was_made_from(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numba==0.57.0\n", encoding="utf-8")
    assert not environments.holds(tmp_path, lock, PYTHON)
    environments.mark(tmp_path, lock, PYTHON)
    assert environments.holds(tmp_path, lock, PYTHON)
    assert not environments.holds(tmp_path, lock, ANOTHER)
    lock.write_text("numba==0.57.1\n", encoding="utf-8")
    assert not environments.holds(tmp_path, lock, PYTHON)
    environments.mark(tmp_path, lock, PYTHON)
    environments.unmark(tmp_path)
    assert not environments.holds(tmp_path, lock, PYTHON)


def test_an_environment_of_another_interpreter_or_of_none_known_is_dropped(tmp_path: Path) -> None:
    env, lock = tmp_path / "env", tmp_path / "lock.txt"
    lock.write_text("numba==0.57.0\n", encoding="utf-8")
    environments.drop_unless_made_with(env, PYTHON)
    env.mkdir()
    environments.mark(env, lock, PYTHON)
    environments.drop_unless_made_with(env, PYTHON)
    assert env.exists()
    environments.drop_unless_made_with(env, ANOTHER)
    assert not env.exists()
    env.mkdir()
    environments.drop_unless_made_with(env, PYTHON)
    assert not env.exists()


LOCK = """# Numba 0.57.0 and what it was installed with.
importlib-metadata==6.6.0 ; python_full_version < '3.9' \\
    --hash=sha256:43 \\
    --hash=sha256:92
llvmlite==0.40.0 \\
    --hash=sha256:06
numba==0.57.0 \\
    --hash=sha256:01
numpy==1.21.6 ; python_full_version < '3.9' \\
    --hash=sha256:07
numpy==1.24.3 ; python_full_version >= '3.9' \\
    --hash=sha256:08
"""
SAID = {"python": "3.11.7", "numba": "0.57.0", "llvmlite": "0.40.0", "numpy": "1.24.3"}


@pytest.fixture(params=["lib/python3.11/site-packages", "Lib/site-packages"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Return an environment that holds what a lock names for CPython 3.11, and the lock."""
    (tmp_path / request.param / "_virtualenv").mkdir(parents=True)
    assert environments.installed(tmp_path) == {}
    for name in ("numba-0.57.0", "llvmlite-0.40.0", "numpy-1.24.3"):
        (tmp_path / request.param / f"{name}.dist-info").mkdir()
    (tmp_path / "lock.txt").write_text(LOCK)
    return tmp_path, tmp_path / "lock.txt"


def test_a_lock_names_one_version_of_each_package_for_each_cpython(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(LOCK)
    newer = {"llvmlite": "0.40.0", "numba": "0.57.0", "numpy": "1.24.3"}
    older = newer | {"numpy": "1.21.6", "importlib-metadata": "6.6.0"}
    assert environments.locked(tmp_path / "lock.txt", "3.10.0") == newer
    assert environments.locked(tmp_path / "lock.txt", "3.8.18") == older


def test_every_lock_can_be_read_for_every_cpython() -> None:
    for release in load(DATA / "releases.toml"):
        for python in release.all_pythons:
            lock = lock_path(DATA / "locks", release.version)
            assert environments.locked(lock, f"{python}.1")["numba"] == release.version


def test_what_ran_is_what_was_locked(filled: tuple[Path, Path]) -> None:
    assert environments.difference(*filled, "3.11.7", SAID) == ""
    assert environments.difference(*filled, "", SAID) == ""


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"python": "3.11.9"}, "the cell ran on CPython 3.11.9, not on 3.11.7"),
        ({"python": ""}, "the cell ran on CPython unknown, not on 3.11.7"),
        ({"numba": "0.57.1"}, "numba 0.57.1 (locked: 0.57.0)"),
        (
            {"numpy": "2.0.0", "llvmlite": ""},
            "llvmlite  (locked: 0.40.0), numpy 2.0.0 (locked: 1.24.3)",
        ),
    ],
)
def test_what_did_not_run_as_locked_is_said_with_both_versions(
    filled: tuple[Path, Path], said: dict[str, str], says: str
) -> None:
    assert environments.difference(*filled, "3.11.7", SAID | said).endswith(says)


def test_a_package_that_no_lock_names_is_one_too_many(filled: tuple[Path, Path]) -> None:
    (packages,) = (path.parent for path in filled[0].rglob("numba-*.dist-info"))
    (packages / "icc_rt-2020.0.133.dist-info").mkdir()
    said = environments.difference(*filled, "3.11.7", SAID)
    assert said.endswith("other packages than locked: icc-rt 2020.0.133 (locked: none)")


@pytest.mark.parametrize("length", range(60, 110))
def test_an_environment_is_where_nox_makes_it_however_long_its_path(length: int) -> None:
    envdir = "/" + "x" * (length - 1)
    for cell in ("0.57.0-cp311", "0.48.0-cp38"):
        made = sessions._normalize_path(envdir, f"cell({cell})")  # noqa: SLF001 (nox says it nowhere else)
        assert environments.environment(Path(envdir), cell) == Path(made)


def test_a_forecast_counts_linked_packages_once(folders: tuple[Path, Path]) -> None:
    (line,) = environments.forecast(20, 20, *folders)
    assert line.startswith("environments to make: 20; they take about 0.20 GB in ")
    assert "up to 5.0 GB in uv's cache" in line


def test_a_forecast_of_a_pruned_run_counts_what_exists_at_a_time(
    folders: tuple[Path, Path],
) -> None:
    (line,) = environments.forecast(20, 2, *folders)
    assert line.startswith("environments to make: 20, 2 at a time; they take about 0.02 GB in ")


def test_a_cache_on_another_file_system_is_said_and_counted_twice(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "device", lambda folder: folder.name)
    need, why = environments.forecast(20, 20, *folders)
    assert need.startswith("environments to make: 20; they take about 5.00 GB in ")
    assert "cannot be linked to" in why
    assert str(folders[1]) in why


def test_copies_asked_for_count_as_copies(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_LINK_MODE", "copy")
    need, _ = environments.forecast(20, 20, *folders)
    assert "about 5.00 GB" in need


@pytest.mark.parametrize(("free_gb", "short"), [(5.3, False), (5.1, True)])
def test_a_disk_too_small_for_both_is_said(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, free_gb: float, *, short: bool
) -> None:
    usage = SimpleNamespace(free=int(free_gb * 1e9))
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    said = list(environments.forecast(20, 20, *folders))
    assert any(line.startswith("only 5.1 GB of up to 5.2 GB are free") for line in said) == short


def test_the_package_cache_is_uvs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    assert package_cache() == tmp_path


def test_no_cache_lies_beside_a_library_meanwhile_nor_one_of_before(tmp_path: Path) -> None:
    site = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    places = [site / "mylib" / "deep", site / "mylib", site, site / "numba"]
    for place in places:
        (place / "__pycache__").mkdir(parents=True)
        (place / "__pycache__" / "f-1.py311.nbi").touch()
        (place / "f.py").touch()
    with environments.without_caches(tmp_path / "env"):
        for place in places:
            own, cache = place.name == "numba", place / "__pycache__"
            assert [path.name for path in cache.glob("*.nbi")] == ["f-1.py311.nbi"] * own
            for folder in (place, cache):
                assert bool(folder.stat().st_mode & 0o222) == own
    for place in places:
        assert place.stat().st_mode & 0o200
        assert (place / "__pycache__").stat().st_mode & 0o200


# Gives up what root may do beyond others, and is killed while it holds the folders closed.
KILLED = """
import os, signal, sys
from pathlib import Path
import permissions
from matrix.run import environment
permissions.obey()
env = Path(sys.argv[1])
if sys.argv[2] == "drop":
    environment.drop(env)
else:
    with environment.without_caches(env):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there root can be told to obey")
def test_what_a_killed_run_left_closed_can_be_dropped(tmp_path: Path) -> None:
    library = tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "mylib"
    library.mkdir(parents=True)
    (library / "x.py").touch()
    where = os.pathsep.join(map(str, (ROOT, ROOT / "probes" / "_cell")))
    for word, status in (("close", -signal.SIGKILL), ("drop", 0)):
        command = [sys.executable, "-c", KILLED, str(library.parents[3]), word]
        ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": where}, check=False)
        assert ended.returncode == status
        assert library.exists() == (word == "close")
