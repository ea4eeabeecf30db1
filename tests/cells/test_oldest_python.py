"""All that runs in a cell compiles on the oldest CPython that any release has a wheel for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from matrix.select.interpreters import Interpreter
from tests.cells.driving import ROOT

COMPILE = """\
import sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        compile(file.read(), path, "exec")
"""


@pytest.fixture
def python(interpreters: dict[str, Interpreter]) -> str:
    """Return a real CPython 3.6."""
    if "3.6" not in interpreters:
        pytest.skip("there is no CPython 3.6 here")
    return interpreters["3.6"].path


def test_the_runner_and_every_probe_compile_on_python_36(python: str) -> None:
    folders = (ROOT / "probes", ROOT / "matrix" / "user")
    files = [str(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    assert len(files) > 15
    ended = subprocess.run(
        [python, "-c", COMPILE, *files], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_this_would_notice_a_file_that_python_36_cannot_read(python: str, tmp_path: Path) -> None:
    newer = tmp_path / "newer.py"
    newer.write_text("if (n := 1):\n    print(f'{n=}')\n")
    ended = subprocess.run(
        [python, "-c", COMPILE, str(newer)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "SyntaxError" in ended.stderr


def test_the_runner_imports_on_python_36(python: str, tmp_path: Path) -> None:
    modules = [path.stem for path in sorted((ROOT / "probes" / "_cell").glob("*.py"))]
    # Those that need Numba are started in every cell of a release for 3.6.
    wanted = [name for name in modules if name not in ("__main__", "waker")]
    program = f"import sys; sys.path.insert(0, sys.argv[1]); import {', '.join(wanted)}"
    ended = subprocess.run(
        [python, "-B", "-c", program, str(ROOT / "probes" / "_cell")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
