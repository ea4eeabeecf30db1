"""The wheel: built, installed where there is a Python and a Numba, old and new, and used there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from matrix.project import DATA
from matrix.run.environment import python_of
from matrix.select.interpreters import Interpreter
from matrix.select.settings import for_tools
from tests.cells.driving import ROOT, posix_only

pytestmark = posix_only

# A Numba on each Python that serves it: the oldest and the newest there are, and one between.
ENVIRONMENTS = {"3.8": "0.48.0", "3.11": "0.57.1", "3.13": "0.68.1"}
CYCLE = (ROOT / "probes" / "cache" / "even_odd_lazy.py").read_text(encoding="utf-8")
PROGRAM = CYCLE + "\n\nif __name__ == '__main__':\n    print(run())\n"
TESTS = """\
import program


def test_nothing():
    pass


def test_that_makes_the_cycle():
    assert program.is_even(4)


def test_that_makes_it_again():
    assert program.is_even(6)
"""


def uv(*words: str) -> None:
    """Run uv, which says what is wrong when it fails."""
    ended = subprocess.run(
        [find_uv_bin(), *words], env=for_tools(os.environ), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from what lies here."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def bare(
    request: pytest.FixtureRequest,
    wheel: Path,
    interpreters: dict[str, Interpreter],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return an environment with a Numba, its lock, and the wheel."""
    python: str = request.param
    if python not in interpreters:
        pytest.skip(f"there is no CPython {python} here")
    env = tmp_path_factory.mktemp("bare") / "env"
    uv("venv", "--quiet", "--python", interpreters[python].path, str(env))
    lock = DATA / "locks" / f"numba-{ENVIRONMENTS[python]}.txt"
    install = ("pip", "install", "--quiet", "--python", str(python_of(env)))
    uv(*install, "--require-hashes", "-r", str(lock))
    uv(*install, "--no-deps", str(wheel))
    return env


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with somebody's program and its tests."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "test_program.py").write_text(TESTS)
    return tmp_path


def called(env: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of an environment in a folder, whose caches lie there."""
    program, *rest = words
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NUMBA"))}
    return subprocess.run(
        [str(env / "bin" / program), *rest],
        cwd=folder, env=kept, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_nothing_but_numba_matrix_is_installed_and_what_a_run_needs_is_in_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"numba_matrix", f"numba_matrix-{wheel.name.split('-')[1]}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or ".nox" in name]
    carried = {name.partition("suite/")[2] for name in names if "/suite/" in name}
    here = [p for p in (ROOT / "probes").rglob("*.py") if "__pycache__" not in p.parts]
    assert carried >= {str(path.relative_to(ROOT)) for path in here}
    assert carried >= {"noxfile.py", "pyproject.toml", "tests/claims/test_claims.py"}


def test_the_extra_brings_what_the_driver_needs() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extra = settings["project"]["optional-dependencies"]["matrix"]
    assert extra == settings["dependency-groups"]["driver"]
    from matrix.user import suite  # noqa: PLC0415

    named = {re.split(r"[>=<]", line)[0].replace("-", "_") for line in extra}
    assert set(suite.NEEDED.split()) == named


def test_check_tells_safe_from_unsafe(bare: Path, folder: Path) -> None:
    ended = called(bare, folder, "numba-matrix", "check", "program.py")
    assert ended.returncode == 1, ended.stderr
    assert "a cycle has 2 functions: is_even, is_odd" in ended.stdout
    assert "    + def has_parity(n, odd):" in ended.stdout
    source = (ROOT / "probes" / "cache" / "even_odd_folded_lazy.py").read_text(encoding="utf-8")
    (folder / "program.py").write_text(source)
    ended = called(bare, folder, "numba-matrix", "check", "program.py", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["verdict"] == "safe"
    assert not list(folder.rglob("*.nb?"))


def test_the_remedy_runs_a_script_that_dies_without_it(bare: Path, folder: Path) -> None:
    assert called(bare, folder, "python", "program.py").returncode == 0
    assert called(bare, folder, "python", "program.py").returncode < 0
    assert called(bare, folder, "numba-matrix", "check", "--cache", ".").returncode == 1
    for command in (("numba-matrix", "remedy"), ("python", "-m", "numba_matrix.remedy")):
        for _ in range(2):
            ended = called(bare, folder, *command, "program.py")
            assert (ended.returncode, ended.stdout) == (0, "[True, False]\n"), ended.stderr
    assert called(bare, folder, "python", "-c", "import numba_matrix.remedy").returncode == 0


def test_ask_answers_from_what_the_wheel_carries(bare: Path, folder: Path) -> None:
    asked = ("numba-matrix", "ask", "cache/literal_seed_called", "--json")
    ended = called(bare, folder, *asked)
    assert ended.returncode == 1, ended.stderr
    assert json.loads(ended.stdout)["safe"] is False
    safe = called(bare, folder, "numba-matrix", "ask", "cache/self_lazy")
    assert safe.returncode == 0, safe.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "seed"), "wants pip install 'numba-matrix[matrix]'"),
        (("report",), "wants pip install 'numba-matrix[matrix]'"),
        (("chek",), "did you mean check?"),
        (("remedy",), "usage: numba-matrix remedy SCRIPT"),
        (("remedy", "absent.py"), "absent.py: there is no such script"),
        ((), "usage: numba-matrix COMMAND"),
    ],
)
def test_what_cannot_be_done_there_is_one_message(
    bare: Path, folder: Path, words: tuple[str, ...], says: str
) -> None:
    ended = called(bare, folder, "numba-matrix", *words)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_pytest_fails_a_session_and_names_the_test_that_made_the_cycle(
    bare: Path, folder: Path
) -> None:
    uv("pip", "install", "--quiet", "--python", str(python_of(bare)), "pytest", "pytest-xdist")
    plain = ("python", "-m", "pytest", "-p", "no:cacheprovider", "-W", "error::UserWarning")
    without = called(bare, folder, *plain)
    assert without.returncode == 0, without.stdout
    assert "recursion" not in without.stdout
    before = sorted(folder.rglob("*.nb?"))
    assert len(before) == 4  # is_even and is_odd, an index and data each; loading them is death
    for more in ((), ("-n", "2")):
        ended = called(bare, folder, *plain, "--numba-recursion", *more)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert "3 passed" in ended.stdout
        assert "a cycle has 2 functions: is_even, is_odd" in ended.stdout
        first = "first made by the test test_program.py::test_that_makes"
        assert first in ended.stdout
        if not more:
            assert first + "_the_cycle" in ended.stdout
    one = called(bare, folder, *plain, "--numba-recursion", "-k", "nothing")
    assert one.returncode == 0, one.stdout
    assert sorted(folder.rglob("*.nb?")) == before
    ended = called(bare, folder, "numba-matrix", "check", "program.py", "--from-tests", "-W error")
    assert ended.returncode == 1
    assert first in ended.stdout


def test_the_matrix_runs_from_the_wheel_with_its_extra(
    wheel: Path, memo: Path, newest: str, interpreters: dict[str, Interpreter], tmp_path: Path
) -> None:
    env, folder = tmp_path / "env", tmp_path / "project"
    uv("venv", "--quiet", "--python", interpreters["3.11"].path, str(env))
    uv("pip", "install", "--quiet", "--python", str(python_of(env)), f"{wheel}[matrix]")
    (folder / ".matrix").mkdir(parents=True)
    shutil.copyfile(memo, folder / ".matrix" / "interpreters.json")
    command = ("numba-matrix", "run", newest, "--probe", "cache/even_odd_lazy")
    ended = called(env, folder, *command)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "every claim holds" in ended.stdout
    assert "0 probe runs in 0 cells to do" in called(env, folder, *command).stdout
    assert [path.name for path in folder.iterdir()] == [".matrix"]
    report = json.loads((folder / ".matrix" / "report" / "matrix.json").read_text())
    assert [probe["outcome"] for probe in report["cells"][0]["probes"]] == ["crashed"]
    assert called(env, folder, "numba-matrix", "report").returncode == 0
    shown = called(env, folder, "numba-matrix", "show", newest, "cache/even_odd_lazy")
    assert f"numba-matrix debug {newest} cache/even_odd_lazy" in shown.stdout
    page = (folder / ".matrix" / "report" / "index.html").read_text("utf-8")
    assert "numba-matrix show {cell} {probe}" in page
    assert "nox -s" not in ended.stdout + shown.stdout + page
    unnamed = called(env, folder, "numba-matrix", "claims")
    assert (unnamed.returncode, unnamed.stderr) == (
        2, "error: numba-matrix claims --probes DIR: name the folder of your own probes\n",
    )  # fmt: skip
    same = called(env, folder, "numba-matrix", "diff", ".matrix/report/matrix.json")
    assert same.returncode == 0
    refused = called(env, folder, "numba-matrix", "run", "0.99")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
