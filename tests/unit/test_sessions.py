"""What noxfile.py makes of words itself, before the driver has them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from matrix.model.files import ROOT
from matrix.parser import parse
from matrix.run.environment import INSTALLED, environment, python_of
from matrix.select.selection import split_words


@pytest.fixture(scope="module")
def sessions() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sessions", ROOT / "noxfile.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def envdir() -> Iterator[Path]:
    """Yield a folder with environments that are called as nox calls them."""
    with tempfile.TemporaryDirectory() as made:
        yield made_in(Path(made))


def made_in(folder: Path) -> Path:
    for cell, name in (
        ("0.68.1-cp39", ""), ("0.68.1-cp313", ""), ("0.68.1-cp313", "d7c5ecdb"),
        ("0.66.0-cp313", "d7c5ecdb"),
        ("0.68.0-cp314", ""), ("0.69.0.dev0+local-cp313", ""),
    ):  # fmt: skip
        env = environment(folder, cell, name)
        env.mkdir(parents=True)
        (env / INSTALLED).touch()
    # nox makes the cell's own before anything is installed, which of one with packages nothing is.
    environment(folder, "0.67.0-cp313").mkdir()
    return folder


@pytest.mark.parametrize(
    ("word", "cell", "name"),
    [
        ("0.68.1-cp39", "0.68.1-cp39", ""),
        ("0.68.1", "0.68.1-cp313", ""),
        ("0.68.1-cp313+d7c5ecdb", "0.68.1-cp313", "d7c5ecdb"),
        ("0.69.0.dev0+local-cp313", "0.69.0.dev0+local-cp313", ""),
    ],
)
def test_a_cell_a_release_or_packages_lead_to_an_environment(
    sessions: ModuleType, envdir: Path, word: str, cell: str, name: str
) -> None:
    # Where its own path is long, nox hashes their names.
    for folder in (envdir, made_in(envdir / ("d" * (85 - len(str(envdir)))))):
        meant = sessions.python_meant(word, folder)
        assert meant == str(python_of(environment(folder, cell, name)))
    assert not environment(folder, "0.68.1-cp313").name.startswith("cell")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("0.68.1-cp312", "with Numba in it; nox -s matrix -- 0.68.1-cp312 makes it, and none"),
        ("0.67.0-cp313", "with Numba in it; nox -s matrix -- 0.67.0-cp313 makes it, and none"),
        ("0.66.0-cp313", "makes it; with packages there are 0.66.0-cp313+d7c5ecdb$"),
        ("0.70.0+local-cp313", "--numba WHEEL makes it; of a Numba that was built in place"),
        ("0.57", "of 0.57 with Numba in it; nox -s matrix -- 0.57 makes it, and none lies in "),
        ("0.68.1-cp313+deadbeef", "makes one; with packages there are 0.68.1-cp313+d7c5ecdb$"),
        ("0.68.1-cp39+deadbeef", "a run with --with makes one, and none lies in "),
        ("./mine.py", "no Python ./mine.py; name a PYTHON or a CELL, then FILE"),
        ("--json", "no Python --json; name a PYTHON or a CELL, then FILE"),
        ("pyhton3", "no Python pyhton3; name a PYTHON or a CELL, then FILE"),
    ],
)
def test_a_word_that_leads_to_none_is_told_what_would(
    sessions: ModuleType, envdir: Path, word: str, says: str
) -> None:
    with pytest.raises(LookupError, match=says.replace("+", "[+]")):
        sessions.python_meant(word, envdir)


def test_a_python_is_taken_as_it_is_named(sessions: ModuleType, envdir: Path) -> None:
    assert sessions.python_meant(sys.executable, envdir) == sys.executable


def test_check_says_what_it_takes_and_what_it_lacks(tmp_path: Path) -> None:
    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        nox = [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-s", "check", "--"]
        return subprocess.run(
            [*nox, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    helped = asked("--help")
    assert helped.returncode == 0, helped.stderr
    assert "--from-tests" in helped.stdout + helped.stderr
    refused = asked("mine.py")
    assert refused.returncode == 1
    assert "name a PYTHON or a CELL, then FILE" in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_usual_releases_of_downstream_are_for_whoever_names_none(
    sessions: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    monkeypatch.setattr(sessions, "call_driver", lambda _, *words: given.extend(words))
    sessions.downstream(SimpleNamespace(posargs=["--probe", "cache/ht"]))
    asked = parse(given)
    assert (asked.selectors, asked.probe) == ((), ("cache/ht",))
    assert split_words([asked.otherwise]) == ("0.57.0", "0.60.0", "0.61.2", "0.63.1", "0.68.1")
