# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2026.10.20"]
# ///
"""What Numba releases do with recursion, cache=True and AOT compilation, shown by running them.

One cell of the matrix: nox -s "cell(0.57.0-cp311)"
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))
from matrix.run import processes

nox.options.sessions = ["matrix"]

ROOT = Path(__file__).parent
INSTALLED = "installed-lock.txt"  # in an environment into which a cell's lock was installed
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")
# The driver starts nox once more for its cells and names what they have to do in this file.
RUN_FILE = os.environ.get("NUMBA_MATRIX_RUN")
# 150 cells do not belong on everybody's screen: only those a command names are sessions.
NAMING = re.compile(r"(?:-s|--sessions?=)?cell\(([^()]+)\)")
NAMED = [found[1] for found in map(NAMING.fullmatch, sys.argv[1:]) if found]

for variable in ("NOXPYTHON", "NOXFORCEPYTHON"):
    if os.environ.get(variable):
        raise SystemExit(
            f"error: {variable} is set, but these sessions choose their own interpreters. Unset it;"
            " a CPython is chosen by a selector: nox -s matrix -- cp311"
        )
processes.escape_what_has_no_letters()
if RUN_FILE is not None:
    processes.listen()
    processes.end_with(int(os.environ.pop(processes.PARENT, os.getppid())))


def interpreters() -> dict[str, str | bool]:
    """Return the interpreter of each named cell, or False: its session only calls the driver."""
    if RUN_FILE is None:
        return dict.fromkeys(NAMED, False)
    cells = json.loads(Path(RUN_FILE).read_text(encoding="utf-8"))["jobs"]
    return {name: cells[name]["python"] for name in NAMED}


def install_group(session: nox.Session, group: str) -> None:
    """Install a dependency group, unless this environment already has just that."""
    wanted = nox.project.dependency_groups(GROUPS, group)
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    marker = Path(session.virtualenv.location) / "installed-group.txt"
    if marker.exists() and marker.read_text(encoding="utf-8") == digest:
        return
    session.install(*wanted)
    marker.write_text(digest, encoding="utf-8")


def tool(folder: str, name: str) -> str:
    """Return the path of a program: no PATH leads into a folder with a colon in its name."""
    return os.path.join(folder, f"{name}.exe" if sys.platform == "win32" else name)  # noqa: PTH118


def run_own(session: nox.Session, name: str, *args: str) -> None:
    """Run a program of the session's own environment."""
    session.run(tool(session.bin, name), *args)


def run_driver(session: nox.Session, folder: str, command: str, *args: str) -> None:
    """Run one of the driver's commands with the Python in `folder`; it ends when we do."""
    # Time enough for the driver to end its cells when interrupted.
    session.run(
        tool(folder, "python"), "-m", "matrix", command, *args, external=True, log=False,
        env={processes.PARENT: str(os.getpid()), processes.FROM: session.invoked_from},
        interrupt_timeout=30, terminate_timeout=10,
    )  # fmt: skip


def call_driver(session: nox.Session, command: str, *args: str) -> None:
    """Run one of the driver's commands in its own environment."""
    run_driver(session, where(session).read_text(encoding="utf-8"), command, *args)


def where(session: nox.Session) -> Path:
    """Return the file that says where the driver's environment is: nox may hash its name."""
    return Path(session.cache_dir) / "driver.txt"


@nox.session(venv_backend="uv|virtualenv", reuse_venv=True)
def driver(session: nox.Session) -> None:
    """Make the environment that the other sessions work in; they call this by themselves."""
    install_group(session, "driver")
    where(session).write_text(session.bin, encoding="utf-8")


@nox.session(python=False, requires=["driver"])
def matrix(session: nox.Session) -> None:
    """Run the default matrix, or SELECTOR..., and print the verdict (nox -s matrix -- --help)."""
    call_driver(session, "run", *session.posargs)


if NAMED:

    @nox.session(
        venv_backend="uv" if RUN_FILE else "none",  # the driver has its uv itself
        reuse_venv=True,
        allow_parallel=True,
        requires=[] if RUN_FILE else ["driver"],
    )
    @nox.parametrize(
        "python,name",
        [nox.param(python, name, id=name) for name, python in interpreters().items()],
    )
    def cell(session: nox.Session, name: str) -> None:
        """Run one cell and print its verdict."""
        if RUN_FILE is None:
            call_driver(session, "run", name, *session.posargs)
            return
        sys.path.insert(0, str(ROOT))
        from matrix.run.cell import run_cell  # noqa: PLC0415 (the driver's packages)

        run_cell(session, Path(RUN_FILE), name)


@nox.session(venv_backend="uv|virtualenv", reuse_venv=True)
def overhead(session: nox.Session) -> None:
    """Measure what compiling, caching and recursion cost: -- [SELECTOR...] [--repeat 5]."""
    install_group(session, "overhead")
    run_driver(session, session.bin, "overhead", *session.posargs)


@nox.session(python=False, requires=["driver"])
def share(session: nox.Session) -> None:
    """Let each two of these cells use one cache folder, in either order: -- CELL CELL..."""
    call_driver(session, "share", *session.posargs)


@nox.session(python=False, requires=["driver"])
def report(session: nox.Session) -> None:
    """Judge and report what is stored, running nothing."""
    call_driver(session, "report", *session.posargs)


@nox.session(python=False, requires=["driver"])
def reference(session: nox.Session) -> None:
    """Run all cells and renew the committed reference (-- --stored: run nothing; --check: say)."""
    call_driver(session, "reference", *session.posargs)


@nox.session(python=False, requires=["driver"])
def bisect(session: nox.Session) -> None:
    """Find the release where a probe's outcome changed: -- PROBE [--python 3.11]."""
    call_driver(session, "bisect", *session.posargs)


@nox.session(python=False, requires=["driver"])
def plan(session: nox.Session) -> None:
    """Deal the selected cells out to several machines: -- SELECTOR... --shards 8."""
    call_driver(session, "plan", *session.posargs)


@nox.session(python=False, requires=["driver"])
def merge(session: nox.Session) -> None:
    """Join the observations of other machines into the store: -- DIR..."""
    call_driver(session, "merge", *session.posargs)


@nox.session(venv_backend="uv|virtualenv", reuse_venv=True)
def bench(session: nox.Session) -> None:
    """Measure the suite beside pip one by one, tox in parallel and the least possible."""
    install_group(session, "bench")
    run_own(session, "python", "-m", "tests.bench", *session.posargs)


@nox.session(python=False, requires=["driver"])
def diff(session: nox.Session) -> None:
    """Say what changed since an older matrix.json: -- OLD [NEW] [--cells '>=0.60']."""
    call_driver(session, "diff", *session.posargs)


@nox.session(python=False, requires=["driver"])
def show(session: nox.Session) -> None:
    """Show all that is stored of one square, running nothing: -- CELL PROBE."""
    call_driver(session, "show", *session.posargs)


@nox.session(python=False, requires=["driver"])
def debug(session: nox.Session) -> None:
    """Lay one square out and start one phase of it: -- CELL PROBE [--phase warm] [--gdb]."""
    call_driver(session, "debug", *session.posargs)


@nox.session(python=False, requires=["driver"])
def downstream(session: nox.Session) -> None:
    """Run the cached functions of other people's packages, as claimed in tests/downstream."""
    # Some compile a hundred functions when they are imported.
    own = ("--probes", str(ROOT / "tests" / "downstream"), "--timeout", "900")
    usual = ("--otherwise", "0.57.0 0.60.0 0.61.2 0.63.1 0.68.1")
    call_driver(session, "run", *own, *usual, *session.posargs)


@nox.session(python=False, requires=["driver"])
def claims(session: nox.Session) -> None:
    """Claim of your own probes what was observed of them: -- --probes DIR."""
    call_driver(session, "claims", *session.posargs)


@nox.session(python=False)
def check(session: nox.Session) -> None:
    """Say whether your own program survives its cache, and AOT: -- PYTHON|CELL FILE..."""
    if not session.posargs:
        session.error("nox -s check -- .venv/bin/python FILE..., or a cell: 0.57.1-cp311 FILE...")
    word, *words = session.posargs
    command = (str(ROOT / "matrix" / "user"), "check")
    with session.chdir(session.invoked_from):
        if word in ("-h", "--help"):
            session.log("nox -s check -- PYTHON|CELL, and then what `numba-matrix check` takes:")
            session.run(sys.executable, *command, word, external=True)
            return
        try:
            python = python_meant(word, ROOT / ".nox")
        except LookupError as error:
            session.error(*error.args)
        session.run(python, *command, *words, external=True)


def python_meant(word: str, envdir: Path) -> str:
    """Return the Python of a cell's environment, of the newest of a release, or as it is named.

    Raises LookupError where there is none.
    """
    # With packages for somebody's probes, an environment of a cell has a name of its own: CELL+ID.
    found = re.fullmatch(r"(\d[\w.]*(?:\+(?:[a-z0-9.]+\.)?local)?)(-cp3\d+)?(?:\+(\w+))?", word)
    if found is None:
        if re.search(r"^-|\.py(::|$)", word) or shutil.which(word) is None:
            raise LookupError(f"there is no Python {word}; name a PYTHON or a CELL, then FILE...")
        return word
    release, python, packages = found.groups(default="")
    plain = "cell-" + re.sub(r"[.+]", "-", release)
    for one in [python] if python else [f"-cp3{minor}" for minor in range(30, 5, -1)]:
        called = f"{plain}{one}" + (f"+{packages}" if packages else "")
        hashed = hashlib.sha1(called.encode()).hexdigest()[:8]  # noqa: S324 (as nox does)
        for path in (envdir / called, envdir / hashed):
            if (path / INSTALLED).exists():
                bins = "Scripts" if sys.platform == "win32" else "bin"
                return tool(str(path / bins), "python")
    others = sorted(envdir.glob(f"{plain}{python or '-cp3*'}+*/{INSTALLED}"))
    told = ", ".join(release + path.parent.name.removeprefix(plain) for path in others)
    local = release.endswith("local")
    cell = "--numba WHEEL" if local else word.partition("+")[0]
    makes = "a run with --with makes one" if packages else f"nox -s matrix -- {cell} makes it"
    makes += "; of a Numba that was built in place name its PYTHON" if local else ""
    hint = f"; with packages there are {told}" if told else f", and none lies in {envdir}"
    raise LookupError(f"there is no environment of {word} with Numba in it; {makes}{hint}")


@nox.session(python=False, requires=["driver"])
def lock(session: nox.Session) -> None:
    """Add the Numba releases that the package index has and this suite lacks (-- --check: say)."""
    call_driver(session, "lock", *session.posargs)


@nox.session(venv_backend="uv|virtualenv", reuse_venv=True)
def tests(session: nox.Session) -> None:
    """Run the suite's own tests: unit tests, and real cells of three releases."""
    install_group(session, "tests")
    # Tests of one file share what they ran. The files that take longest come first, as they are
    # named: a long one that comes last has the machine wait for it, and few tests may take long.
    at_once = ("--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
    run_own(session, "python", "-m", "pytest", *(session.posargs or at_once))


@nox.session(venv_backend="uv|virtualenv", reuse_venv=True)
def lint(session: nox.Session) -> None:
    """Check style, types, workflows, and every file that the suite is told by."""
    install_group(session, "lint")
    run_own(session, "ruff", "check", ".")
    run_own(session, "ruff", "format", "--check", ".")
    run_own(session, "mypy")
    run_own(session, "python", "-m", "matrix", "audit")
    workflows = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    schema = ("check-jsonschema", "--builtin-schema")
    run_own(session, *schema, "vendor.github-workflows", *workflows)
    run_own(session, *schema, "vendor.dependabot", ".github/dependabot.yml")
    run_own(
        session, "zizmor", "--offline", "--pedantic", "--strict-collection", "--quiet", ".github"
    )
