"""Every command that the README names works where there is nothing but Python and nox.

The project is a copy with two releases on one CPython each, three probes, one of Numba's suites and
nothing to draw with, so that `all` and `minors` are cheap. There is no uv on PATH; pip asks the
index that it always does.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from matrix.project import DATA
from matrix.select.interpreters import Interpreter
from matrix.select.releases import load
from tests.cells.driving import ROOT, claim, posix_only

pytestmark = posix_only

README = (ROOT / "README.md").read_text(encoding="utf-8")
# In a block a line is a command, up to its comment; elsewhere it stands in backticks.
IN_BLOCKS = re.findall(r"(?m)^    (?:pip install nox && )?(nox -s .*?)(?: {2,}#.*)?$", README)
COMMANDS = list(dict.fromkeys([*IN_BLOCKS, *re.findall(r"`(nox -s [^`]+)`", README)]))
# Too dear as written, or with a word to fill in: what is run in its stead.
INSTEAD = {
    "nox -s tests": "nox -s tests -- tests/unit/test_cells.py",  # all of it is what runs this
    "nox -s overhead -- minors --repeat 5": "nox -s overhead -- --help",  # minutes
    "nox -s bench": "nox -s bench -- --help",  # half an hour
    "nox -s bench -- --growth": "nox -s bench -- --help",  # the same, of 64 cells
    "nox -s matrix -- seed --patch guard": "nox -s matrix -- seed --patch guard --probe aot/plain",
    (
        "nox -s matrix -- --numba dist/numba-0.69.0.dev0-cp313-cp313-linux_x86_64.whl --base 0.68.1"
    ): "nox -s matrix -- --help",  # there is no such wheel
    # The copy has other cells.
    "nox -s show -- 0.68.1-cp313 cache/self_lazy": "nox -s show -- 0.57.0-cp311 cache/self_lazy",
    "nox -s debug -- 0.68.1-cp313 cache/even_odd_lazy --phase warm --gdb": (
        "nox -s debug -- 0.57.0-cp311 cache/self_lazy --phase warm"
    ),
    "nox -s share -- 0.68.1-cp313 0.68.1-cp312 --cpu-names generic": "nox -s share -- --help",
    "nox -s lock": "nox -s lock -- --help",  # would lock every release that the copy lacks
    "nox -s plan -- SELECTOR... --shards 8": "nox -s plan -- seed --shards 8",
    "nox -s check -- 0.57.0-cp311 FILE": "nox -s check -- 0.57.0-cp311 probes/cache/self_lazy.py",
    "nox -s diff -- A B": "nox -s diff -- .matrix .matrix/report",
    "nox -s matrix -- CELL...": "nox -s matrix -- seed --probe aot/plain",
    "nox -s report -- SELECTOR... --strict": "nox -s report -- seed --strict",
    "nox -s matrix -- --probes my_probes --with .": (
        "nox -s matrix -- 0.57 --probes my_probes --with packaging"  # this project is no library
    ),
    "nox -s matrix -- --probes tests/numba_probes --with . --with 'quantecon==0.11.*' '>=0.57'": (
        "nox -s matrix -- --help"
    ),
    "nox -s claims -- --probes tests/numba_probes": "nox -s claims -- --probes my_probes --replace",
    "nox -s downstream": "nox -s downstream -- --help",  # an hour
    "nox -s merge -- DIR...": "nox -s merge -- .matrix/observations",
}
PROBES = ("cache/self_lazy", "aot/even_odd_helper", "aot/plain")
EXPECT = (
    '{ outcome = "hit" }',
    '{ outcome = "raised", releases = "<0.60" }, { outcome = "raised", releases = ">=0.60" }',
    '{ outcome = "works" }',
)
SUITE = '["recursion"]\nnames = ["numba.tests.test_recursion:TestTypeInference"]\n'


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a virtual environment that holds nox and nothing else."""
    env = tmp_path_factory.mktemp("bare") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(env)], check=True)
    pip = [str(env / "bin" / "python"), "-m", "pip", "install", "--quiet", "nox"]
    subprocess.run(pip, check=True, capture_output=True)
    assert not (env / "bin" / "uv").exists()
    return env / "bin"


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, memo: Path, interpreters: dict[str, Interpreter]
) -> Path:
    """Return a copy of the project, cut down, that knows the interpreters here already."""
    if not interpreters.keys() >= {"3.11", "3.12"}:
        pytest.skip("the README names cells of CPython 3.11 and 3.12, which are not both here")
    project = tmp_path_factory.mktemp("readme") / "project"
    left_out = shutil.ignore_patterns(".git", ".nox", ".matrix", "__pycache__", ".*_cache", "work")
    shutil.copytree(ROOT, project, ignore=left_out)
    for probe in (project / "probes").glob("[!_o]*/*.py"):
        if f"{probe.parent.name}/{probe.stem}" not in PROBES:
            probe.unlink()
    claims = zip(PROBES, EXPECT, strict=True)
    (project / "matrix" / "data" / "claims.toml").write_text(
        "".join(claim(*pair) for pair in claims)
    )
    (project / "matrix" / "data" / "upstream.toml").write_text(SUITE)
    settings = (project / "pyproject.toml").read_text(encoding="utf-8")
    (project / "pyproject.toml").write_text(settings.replace(', "matplotlib>=3.10"', "", 1))
    cut_releases(project / "matrix" / "data" / "releases.toml")
    shutil.copytree(project / "probes" / "cache", project / "my_probes" / "cache")
    (project / ".matrix").mkdir()
    shutil.copyfile(memo, project / ".matrix" / "interpreters.json")
    return project


def cut_releases(path: Path) -> None:
    """Leave 0.57.0 and the newest 0.6x that CPython 3.12 serves, each on one CPython."""
    served = [r for r in load(DATA / "releases.toml") if "3.12" in r.all_pythons]
    newest = next(r.version for r in reversed(served) if r.version.startswith("0.6"))
    pythons = {"0.57.0": "3.11", newest: "3.12"}
    text = ""
    for release in tomllib.loads(path.read_text(encoding="utf-8"))["release"]:
        python = pythons.get(release["version"])
        if python:
            text += f'[[release]]\nversion = "{release["version"]}"\n'
            text += f"uploaded = {release['uploaded']}\n"
            text += "".join(f'wheels.{p} = ["{python}"]\n' for p in release["wheels"])
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works_with_nothing_but_python_and_nox(
    command: str, project: Path, bare: Path
) -> None:
    report, old = project / ".matrix" / "report" / "matrix.json", project / "old" / "matrix.json"
    if report.exists():
        old.parent.mkdir(exist_ok=True)
        shutil.copyfile(report, old)
    elsewhere = [
        folder for folder in os.environ["PATH"].split(":") if not (Path(folder) / "uv").exists()
    ]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV", "NOX", "VIRTUAL_ENV"))}
    ended = subprocess.run(
        shlex.split(INSTEAD.get(command, command)),
        cwd=project,
        env=kept | {"PATH": ":".join((str(bare), *elsewhere))},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    assert "Traceback" not in said


def test_no_command_that_is_replaced_has_left_the_readme() -> None:
    assert set(COMMANDS) >= set(INSTEAD)
    assert len(COMMANDS) > 15
