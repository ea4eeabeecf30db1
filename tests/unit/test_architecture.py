"""How the modules hang together: which may know of which, and how long one may be."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from matrix.experiments.probe import CARRIERS

ROOT = Path(__file__).parents[2]
# What runs in a user's own environment, and the name that one of it is run by.
USER = sorted(p for p in (ROOT / "matrix" / "user").rglob("*.py") if p.stat().st_size)
USER.append(ROOT / "matrix" / "remedy.py")
DRIVER = sorted(p for p in (ROOT / "matrix").rglob("*.py") if p.stat().st_size and p not in USER)
RUNNER = sorted((ROOT / "probes" / "_cell").glob("*.py"))
PROBES = sorted(p for p in (ROOT / "probes").glob("*/*.py") if p.parent.name != "_cell")
# A folder knows of those on lower floors, and of none on its own but itself.
FLOORS = (
    ("__main__",),
    ("commands", "parser"),
    ("options", "run"),
    ("project",),
    ("packages", "plan", "report"),
    ("judge",),
    ("experiments", "select"),
    ("model",),
    ("errors", "user"),
)
PURE = ("experiments", "judge", "model", "plan", "report", "run.admission", "run.join")
# What may start a process, or ends in something that does.
STARTS_PROCESSES = {"matrix.run.nox", "matrix.run.cell", "subprocess", "multiprocessing", "nox"}
MODULES_A_FOLDER = 6
LONGEST = 300
LONGEST_FUNCTION = 40
# What is longer all the same: the remedy is one file, to be copied; the gate is to be parted (what
# knows a file by its descriptor) when races are next run anew, as any edit of it has them be.
LONGER = {"matrix.user.remedy", "probes._cell.gate"}
# An import that leads back: what watches the tests for `check` is what watches them for pytest.
BACK = {("matrix.user.check.subject", "matrix.user.check.pytest_plugin")}


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything a file imports, wherever in it."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            if node.level:
                name = importlib.util.resolve_name("." * node.level + name, package)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def folder(name: str) -> str:
    """Return the room of a module of the driver: its folder, or its name where it has none."""
    return name.split(".")[1]


def floor(name: str) -> int:
    return next(n for n, rooms in enumerate(FLOORS) if folder(name) in rooms)


def top_level(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def known_to(name: str) -> set[str]:
    """Return all that a module of the driver imports, itself and through its own modules."""
    files = {module(path): path for path in DRIVER}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += imported(files[name]) if name in files else ()
    return seen


@pytest.mark.parametrize("path", DRIVER, ids=module)
def test_what_judges_never_knows_of_what_runs(path: Path) -> None:
    if module(path).removeprefix("matrix.").startswith(PURE):
        assert not known_to(module(path)) & STARTS_PROCESSES


def test_what_runs_is_known_to_what_runs_it() -> None:
    assert known_to("matrix.commands.run") >= {"matrix.run.nox", "subprocess"}


@pytest.mark.parametrize("path", DRIVER, ids=module)
def test_no_folder_knows_of_one_above_it_or_beside_it(path: Path) -> None:
    if path.name == "__init__.py":
        return
    here = module(path)
    others = {name for name in imported(path) if name.startswith("matrix.")} - {"matrix"}
    for name in others:
        same = folder(name) == folder(here)
        assert same or floor(name) > floor(here), f"{here} imports {name}"


@pytest.mark.parametrize("path", DRIVER, ids=module)
def test_the_driver_can_be_installed_under_another_name(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not [name for name in names if name.partition(".")[0] == "matrix"]


def test_no_import_leads_back() -> None:
    modules = {module(path): path for path in [*DRIVER, *USER] if path.name != "__init__.py"}
    knows = {name: set(imported(path)) & modules.keys() for name, path in modules.items()}
    for name, other in BACK:
        assert other in knows[name]
        knows[name].remove(other)
    TopologicalSorter(knows).prepare()  # raises for a circle
    for name, other in BACK:
        with pytest.raises(CycleError):
            TopologicalSorter({**knows, name: {*knows[name], other}}).prepare()


def test_a_folder_can_be_seen_at_one_look() -> None:
    modules = [path for path in [*DRIVER, *USER] if path.name != "__init__.py"]
    held = Counter(str(path.parent.relative_to(ROOT)) for path in modules)
    assert not {place for place, number in held.items() if number > MODULES_A_FOLDER}


@pytest.mark.parametrize("path", DRIVER, ids=module)
def test_the_driver_knows_no_file_of_the_cell(path: Path) -> None:
    in_cell = {p.stem for p in RUNNER} - {"__main__"}
    assert not top_level(path) & {"probes", "numba", "numpy", "llvmlite", *in_cell}


@pytest.mark.parametrize("path", USER, ids=module)
def test_what_runs_at_a_users_knows_only_the_standard_library_and_numba(path: Path) -> None:
    known = sys.stdlib_module_names | {"numba", "numpy", "llvmlite"}
    known |= {"pytest"} if path.stem in ("pytest_plugin", "subject") else set()
    files = {module(path) for path in USER} | {"matrix.user"}
    others = {name for name in imported(path) if name.startswith("matrix")}
    assert {name for name in others if not name.startswith(tuple(files))} == set()
    assert top_level(path) <= known | {"matrix"}


@pytest.mark.parametrize("name", ["remedy", "guard"])
def test_what_is_there_to_be_copied_is_one_file(name: str) -> None:
    assert "matrix" not in top_level(ROOT / "matrix" / "user" / f"{name}.py")


@pytest.mark.parametrize("path", RUNNER, ids=lambda path: path.stem)
def test_the_in_cell_runner_knows_only_itself_the_standard_library_and_numba(path: Path) -> None:
    in_cell = {p.stem for p in RUNNER}
    known = sys.stdlib_module_names | in_cell | {"numba", "numpy", "llvmlite"}
    assert top_level(path) <= known


@pytest.mark.parametrize("path", PROBES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_probe_knows_only_the_standard_library_numpy_and_numba(path: Path) -> None:
    beside = {other.stem for other in path.parent.glob("_*.py")}
    assert top_level(path) <= sys.stdlib_module_names | {"numba", "numpy"} | beside


@pytest.mark.parametrize("path", PROBES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_probe_says_what_it_shows(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [p for p in PROBES if p.parent.name in CARRIERS and not p.name.startswith("_")],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_a_probe_has_something_to_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert len(functions["run"].args.args) == (path.parent.name == "aot")
    assert ("change" in functions) == (path.parent.name == "change")


@pytest.mark.parametrize("path", [*DRIVER, *USER, *RUNNER], ids=module)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    longer = len(path.read_text(encoding="utf-8").splitlines()) > LONGEST
    assert longer == (module(path) in LONGER)


@pytest.mark.parametrize("path", [*DRIVER, *USER, *RUNNER], ids=module)
def test_a_function_can_be_read_at_one_look(path: Path) -> None:
    functions = (
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )  # fmt: skip
    lines = [(one.name, (one.end_lineno or 0) - one.lineno + 1) for one in functions]
    assert [one for one in lines if one[1] > LONGEST_FUNCTION] == []


def test_what_may_be_longer_is_there() -> None:
    assert {module(path) for path in [*USER, *RUNNER]} >= LONGER


@pytest.mark.parametrize("path", [*DRIVER, *USER, *RUNNER], ids=module)
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_folder_of_a_probe_is_left_out_of_these_checks() -> None:
    assert {path.parent.name for path in PROBES} >= set(CARRIERS)
    assert len(DRIVER) > 15
    assert len(RUNNER) > 5
    assert {module(path) for path in USER} >= {"matrix.user.guard", "matrix.user.ask.answer"}
