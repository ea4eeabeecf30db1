"""How the modules hang together: which may know of which, and how long one may be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = sorted((ROOT / "matrix").rglob("*.py"))
RUNNER = sorted((ROOT / "probes" / "_cell").glob("*.py"))
PROBES = sorted(p for p in (ROOT / "probes").glob("*/*.py") if p.parent.name != "_cell")
PURE = (
    "admission",
    "changes",
    "claims",
    "judge",
    "local_paths",
    "merge",
    "outcome",
    "plan",
    "report",
    "rule",
    "select",
    "shards",
)
STARTS_PROCESSES = {"matrix.run", "matrix.cell_session", "subprocess", "multiprocessing", "nox"}
LONGEST = 350


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import hides what is imported"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top_level(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def known_to(module: str) -> set[str]:
    """Return all that a module of the driver imports, itself and through its own modules."""
    files = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in DRIVER}
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += imported(files[name]) if name in files else ()
    return seen


@pytest.mark.parametrize("name", PURE)
def test_what_judges_never_knows_of_what_runs(name: str) -> None:
    assert not known_to(f"matrix.{name}") & STARTS_PROCESSES


def test_what_runs_is_known_to_what_runs_it() -> None:
    assert known_to("matrix.commands") >= {"matrix.run", "subprocess"}


@pytest.mark.parametrize("path", DRIVER, ids=lambda path: path.stem)
def test_the_driver_knows_no_file_of_the_cell(path: Path) -> None:
    in_cell = {p.stem for p in RUNNER} - {"__main__"}
    assert not top_level(path) & {"probes", "numba", "numpy", "llvmlite", *in_cell}


@pytest.mark.parametrize("path", RUNNER, ids=lambda path: path.stem)
def test_the_in_cell_runner_knows_only_itself_the_standard_library_and_numba(path: Path) -> None:
    in_cell = {p.stem for p in RUNNER}
    known = sys.stdlib_module_names | in_cell | {"numba", "numpy", "llvmlite"}
    assert top_level(path) <= known


@pytest.mark.parametrize("path", PROBES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_probe_knows_only_the_standard_library_numpy_and_numba(path: Path) -> None:
    assert top_level(path) <= sys.stdlib_module_names | {"numba", "numpy"}


@pytest.mark.parametrize("path", PROBES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_probe_says_what_it_shows(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [path for path in PROBES if path.parent.name in ("cache", "aot")],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_a_probe_has_something_to_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert len(functions["run"].args.args) == (path.parent.name == "aot")


@pytest.mark.parametrize("path", [*DRIVER, *RUNNER], ids=lambda path: path.stem)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST


@pytest.mark.parametrize("path", [*DRIVER, *RUNNER], ids=lambda path: path.stem)
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_folder_of_a_probe_is_left_out_of_these_checks() -> None:
    assert {path.parent.name for path in PROBES} >= {"aot", "cache"}
    assert len(DRIVER) > 15
    assert len(RUNNER) > 5
