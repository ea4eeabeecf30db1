"""Where environments are, what they hold, and what a run says they will take."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from matrix import environments

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


@pytest.mark.parametrize("packages", ["lib/python3.11/site-packages", "Lib/site-packages"])
def test_an_environment_is_empty_until_a_package_is_installed(
    tmp_path: Path, packages: str
) -> None:
    (tmp_path / packages / "_virtualenv").mkdir(parents=True)
    assert environments.is_empty(tmp_path)
    (tmp_path / packages / "numba-0.57.0.dist-info").mkdir()
    assert not environments.is_empty(tmp_path)


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
    assert environments.package_cache() == tmp_path
