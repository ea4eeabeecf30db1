"""`numba-matrix check` against the map: what it says of each probe is what each probe does.

In the cells of the seed selection; `CHECK_CELLS=minors` (or any selectors) has it asked in others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from matrix.experiments.probe import discover
from matrix.judge import claims as claims_file
from matrix.judge.claims import Claim, Kind
from matrix.model.cell import Cell, parse_cell
from matrix.model.outcome import Outcome
from matrix.project import DATA, PROBES
from matrix.run.environment import environment, python_of
from matrix.select.selection import Catalogue, select
from matrix.select.settings import for_tools
from tests.cells.conftest import new_driver
from tests.cells.driving import ROOT, alive, linux_only, posix_only, wait_for

COMMAND = ROOT / "matrix" / "user"
# What differs between the two specialisations of each hazard of this cause.
DIFFERENCE = {
    "ackermann": "literal",
    "cycle_of_three": "functions",
    "default_omitted": "default",
    "even_odd": "functions",
    "growing_tuple": "length",
    "hofstadter": "functions",
    "layout": "layout",
    "literal_bool": "literal",
    "literal_seed": "literal",
    "narrow_unsigned": "width",
    "prange_index": "width",
    "promoted": "promoted",
    "return_cast": "return functions",
    "shrinking_tuple": "length",
    "swapped": "promoted",
    "unreached": "functions",
}


def python_in(cell: str, state: Path, memo: Path) -> str:
    """Return the Python of a cell's environment, which is made if it is not there."""
    driver = new_driver(state, memo)
    ended = driver.run(cell, "--probe", "cache/plain_lazy")
    assert ended.status == 0, ended.said
    return str(python_of(environment(driver.envdir, cell)))


def asked(python: str, *words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in an environment as its users do."""
    command = [python, str(COMMAND), "check", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, encoding="utf-8", **settings
    )


def checked(python: str, probes: Sequence[str], folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the command says of each probe as JSON."""
    said = folder / "said.json"
    paths = [str(PROBES / f"{probe}.py") for probe in probes]
    command = [python, str(ROOT / "tests" / "cells" / "forked_checks.py"), str(COMMAND), str(said)]
    ended = subprocess.run([*command, *paths], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    facts: list[dict[str, Any]] = json.loads(said.read_text(encoding="utf-8"))
    return dict(zip(probes, facts, strict=True))


def of_this_cause(claim: Claim, cell: Cell) -> bool:
    """Whether what is claimed of a probe comes from a call left open, or of another type."""
    expected = claim.expectation(cell)
    symptom = {
        (Outcome.CRASHED, "warm"), (Outcome.RAISED, "build"), (Outcome.RAISED, "load"),
        (Outcome.WRONG, "cold"),
    }  # fmt: skip
    return (expected.outcome, expected.phase) in symptom and not expected.against_rule


def disagreements(
    claims: Mapping[str, Claim], cell: Cell, found: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield where the command says other than what is claimed, and so observed, in a cell."""
    for probe, facts in found.items():
        claim, expected = claims[probe], claims[probe].expectation(cell)
        kinds = {cause["kind"] for cause in facts["causes"]}
        wanted: set[str] = set()
        if of_this_cause(claim, cell):
            name = probe.partition("/")[2]
            wanted = {
                k
                for stem, kind in DIFFERENCE.items()
                if name.startswith(stem)
                for k in kind.split()
            }
            verdicts = {"unsafe"}
        elif claim.kind is Kind.HAZARD and probe.startswith("aot/"):
            verdicts, wanted = {"unsafe"}, {"export"} if expected.phase == "build" else set()
        elif probe.startswith("aot/"):
            verdicts = {"safe"}  # a module built by 0.51 that imports Numba is another matter
        elif expected.outcome in (Outcome.RAISED, Outcome.CRASHED):
            verdicts, wanted = {"unsafe", "not known"}, kinds
        else:
            verdicts = {"safe"}
        if facts["verdict"] not in verdicts or kinds != wanted:
            yield f"{probe}: {facts['verdict']} {sorted(kinds)}, not {verdicts} {sorted(wanted)}"


@pytest.fixture(scope="session")
def claims(catalogue: Catalogue) -> dict[str, Claim]:
    """Return what is claimed of the suite's own probes."""
    ids = [probe.id for probe in discover(PROBES)]
    return claims_file.load(DATA / "claims.toml", ids, catalogue.pairs())


def asked_cells(seed: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
    words = os.environ.get("CHECK_CELLS", "").split()
    return tuple(c.cell.id for c in select(words, catalogue).cells) if words else seed


@posix_only
def test_it_says_of_every_probe_what_the_probe_does(
    seed: tuple[str, ...],
    catalogue: Catalogue,
    claims: dict[str, Claim],
    memo: Path,
    tmp_path: Path,
) -> None:
    probes = [name for name in claims if "@" not in name and name.startswith(("cache/", "aot/"))]
    wrong = []
    for cell in asked_cells(seed, catalogue):
        python = python_in(cell, tmp_path / cell, memo)
        found = checked(python, probes, tmp_path / cell)
        wrong += [f"{cell}: {line}" for line in disagreements(claims, parse_cell(cell), found)]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session", params=["oldest", "newest"])
def python(
    request: pytest.FixtureRequest, memo: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Return the Python of a cell of the oldest release, then of the newest."""
    cell = request.getfixturevalue(request.param)
    return python_in(cell, tmp_path_factory.mktemp(cell) / "state", memo)


CALLEE = "https://github.com/numba/numba/issues/1833)"
LIBRARY = """\
from numba import njit


@njit(cache=True)
def fact(n, result=1):
    return result if n < 2 else fact(n - 1, result * n)


@njit(cache=True)
def twice(n):
    return 2 * n
"""


def test_it_names_the_functions_what_differs_and_the_pair_of_programs(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    ended = asked(python, "library.py", "--call", "fact(10)", "--call", "twice(2)", cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr
    for words in (
        "library.py: unsafe on Numba ",
        "cached    fact(int64, int64): survives",
        "cached    fact(int64, omitted(default=1)): ends the next process",
        "cached    twice(int64): survives",
        "the default of `result` is omitted in one and passed in the other",
        "first made by fact(10)",
        "fact(n: int64, result: omitted(default=1))   library.py:4, asked for by Python",
        "calls, in library.py:6,",
        "fact(n: int64, result: int64)   library.py:4, asked for by fact",
        "- cache/default_omitted_lazy does this, + cache/default_passed_lazy does the same",
        "-     return fact(10)",
        "+     return fact(10, 1)",
    ):
        assert words in ended.stdout
    one = asked(
        python, "library.py::twice", "--call", "fact(10)", "--call", "twice(2)", cwd=tmp_path
    )
    assert one.returncode == 0, one.stdout
    assert "fact" not in one.stdout.partition("\n")[2]


def test_a_poisoned_cache_is_neither_loaded_nor_touched_and_can_be_searched(
    python: str, tmp_path: Path
) -> None:
    caches = tmp_path / "caches"
    # Where the program says itself, whatever the environment says.
    chosen = f"import numba\n\nnumba.config.CACHE_DIR = {str(caches)!r}\n"
    source = (PROBES / "cache" / "even_odd_lazy.py").read_text(encoding="utf-8")
    ending = "\n\nif __name__ == '__main__':\n    run()\n"
    (tmp_path / "program.py").write_text(chosen + source + ending)

    def run(*words: str) -> int:
        return subprocess.run([python, *words], check=False, cwd=tmp_path).returncode

    assert run("program.py") == 0
    assert run("program.py") < 0  # it is poisoned indeed
    before = {path: path.read_bytes() for path in caches.rglob("*") if path.is_file()}
    ended = asked(python, "program.py", "--json", cwd=tmp_path)
    assert json.loads(ended.stdout)["verdict"] == "unsafe"
    assert {path: path.read_bytes() for path in caches.rglob("*") if path.is_file()} == before
    # By a Python that has no Numba.
    searched = asked(sys.executable, "--cache", str(caches))
    assert searched.returncode == 1
    for name in ("is_even, line 9", "is_odd, line 14"):
        assert re.search(rf"{name} calls \S*\bis_even by an address nobody", searched.stdout)
    # The remedy takes the folder over, and what lies there from before is loaded by nobody.
    assert run(str(COMMAND), "remedy", "program.py") == 0
    assert run(str(COMMAND), "remedy", "program.py") == 0
    assert list(caches.rglob("*.remedy.*.nbc"))
    taken = asked(sys.executable, "--cache", str(caches))
    assert taken.returncode == 0, taken.stdout
    assert "2 more, which no index refers to" in taken.stdout


@pytest.mark.parametrize(
    "probe", ["cache/even_odd_lazy", "cache/return_cast_lazy", "aot/even_odd_helper"]
)
def test_with_the_remedy_in_the_program_it_is_safe(python: str, tmp_path: Path, probe: str) -> None:
    shutil.copy(COMMAND / "remedy.py", tmp_path)
    source = (PROBES / f"{probe}.py").read_text(encoding="utf-8")
    (tmp_path / "program.py").write_text("import remedy\n\nremedy.install()\n" + source)
    ended = asked(python, "program.py", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "the program installs the remedy, and this is what happens with it" in ended.stdout


def test_it_warns_of_what_keeps_a_cache_from_being_hit_or_lets_it_go_stale(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "other.py").write_text(
        """\
import enum

from numba import njit

RATE = 3
LIMIT = 4


class Colour(enum.IntEnum):
    RED = 1


@njit(cache=True)
def double(n):
    return 2 * n
"""
    )
    (tmp_path / "program.py").write_text(
        """\
import math

import other
from math import tau
from numba import int64, njit
from other import LIMIT as most, Colour, double

OWN = 5


@njit
def through(n):
    return other.double(n)


def keyed(digest):
    @njit(cache=True)
    def known(n):
        digest  # noqa: B018
        return double(n)

    return known


known = keyed("a digest")


@njit(cache=True)
def call(n):
    found = double(n) + other.RATE + math.pi + tau + int64(most) + OWN * (n == Colour.RED)
    return found + through(n) + known(n)


def run():
    return call(2)
"""
    )
    ended = asked(python, "program.py", "--json", cwd=tmp_path)
    facts = json.loads(ended.stdout)
    assert facts["verdict"] == "safe"
    # Before 0.51 what closes over anything is not stored.
    assert [told for told in facts["warnings"] if not told.startswith("keyed")] == [
        "call: it calls double, which lies in another file: an edit there is not noticed ("
        + CALLEE,
        "call: it reads other.RATE from another module: a change there is not noticed",
        "call: it reads most from another module: a change there is not noticed",
        "call: it reads Colour from another module: a change there is not noticed",
        "call: through through it calls other.double, which lies in another file: an edit there is"
        " not noticed (" + CALLEE,
        "call: through known it calls double, which lies in another file: an edit there is not"
        " noticed, unless what it closes over tells of it (" + CALLEE,
    ]
    called = asked(python, str(PROBES / "cache" / "plain_lazy.py"), "--json")
    assert json.loads(called.stdout)["warnings"] == []


JITCLASS = """\
import os

from numba import deferred_type, int64, njit, optional

try:
    from numba.experimental import jitclass
except ImportError:  # before Numba 0.49
    from numba import jitclass

node_type = deferred_type()


@jitclass([("value", int64)])
class Box:
    def __init__(self, value):
        self.value = value


@jitclass([("value", int64), ("rest", optional(node_type))])
class Node:
    def __init__(self, value, rest):
        self.value = value
        self.rest = rest


node_type.define(Node.class_type.instance_type)


@njit(cache=True)
def plain(box, n):
    return box.value + n


@njit(cache=True)
def within(boxes, n):
    return boxes[0].value + n


@njit(cache=True)
def seeded(box, n, result):
    return box.value + result if n < 1 else seeded(box, n - 1, 1)


def in_forks(call):
    statuses = []
    for _ in range(2):
        pid = os.fork()
        if not pid:
            call()
            os._exit(0)
        statuses.append(os.waitpid(pid, 0)[1])
    return statuses
"""
CALLS = {
    "plain(Box(1), 2)": ("safe", "survives, as each process that is started anew compiles again"),
    "within((Box(1),), 2)": (
        "safe", "survives, as each process that is started anew compiles again",
    ),
    "seeded(Box(1), 2, 3)": (
        "unsafe", "ends a process that is forked beside this one; a new one compiles again",
    ),
    "plain(Node(1, None), 2)": ("unsafe", "whoever reads the cache's index raises AttributeError"),
}  # fmt: skip


@posix_only
@pytest.mark.parametrize("call", CALLS)
def test_of_a_jitclass_it_says_what_processes_do(python: str, tmp_path: Path, call: str) -> None:
    verdict, fate = CALLS[call]
    (tmp_path / "program.py").write_text(JITCLASS)

    def run(code: str) -> subprocess.CompletedProcess[str]:
        words = [python, "-c", f"from program import *; {code}"]
        return subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)

    name = call.partition("(")[0]
    hits = f"{call}; print(sum({name}.stats.cache_hits.values()))"
    assert run(hits).returncode == 0
    again = run(hits)
    raises = "AttributeError" in again.stderr
    assert raises or again.stdout == "0\n"
    shutil.rmtree(tmp_path / "__pycache__")
    forked = run(f"print(in_forks(lambda: {call}))").stdout
    ended = asked(python, "program.py", "--call", call, cwd=tmp_path)
    said = " ".join(ended.stdout.split())
    assert f"program.py: {verdict} on Numba" in said
    assert fate in said
    assert ("raises" in fate) == raises
    assert ("ends" in fate) == (forked == f"[0, {int(signal.SIGSEGV)}]\n")
    assert ("every process that is started anew compiles again" in said) == (not raises)


def test_a_module_of_a_package_is_imported_as_one(python: str, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "library.py").write_text(LIBRARY)
    (package / "program.py").write_text(
        "from .library import fact\n\n\ndef run():\n    return fact(3)\n"
    )
    ended = asked(python, str(package / "program.py"), "--json")
    assert {one["name"] for one in json.loads(ended.stdout)["stored"]} == {"fact"}
    assert ended.returncode == 1


# Programs at which it stumbled itself: what it calls, its status, and what it says.
STUMBLED = {
    "a part in object mode": (
        """
        from numba import njit, objmode

        @njit(cache=True)
        def down(n):
            if n < 1:
                return 0
            with objmode(r="int64"):
                r = down(n - 1)
            return r + 1
        """,
        "down(3)", 0, "safe",
    ),
    "a lifted loop": (
        """
        from numba import jit, njit

        @njit
        def grow(n, a):
            return a if n < 1 else grow(n - 1, a + 1)

        @jit(forceobj=True, looplift=True)
        def looped(n):
            total = 0
            for i in range(n):
                total += grow(i, 0)
            return object, total
        """,
        "looped(3)", 0, "safe",
    ),
    "arguments handed on as they came": (
        """
        from numba import njit

        @njit(cache=True)
        def down(n, *rest):
            return len(rest) if n < 1 else down(n - 1, *rest)
        """,
        "down(3, 1, 2.0)", 1,
        "`rest` is spread out in one and a tuple in the other: Tuple(int64, float64) and",
    ),
    "tuples of two classes": (
        """
        from collections import namedtuple

        from numba import njit

        Pair = namedtuple("Pair", "a b")

        @njit(cache=True)
        def down(n, p):
            return p[0] + p[1] if n < 1 else down(n - 1, (p[0], p[1]))
        """,
        "down(3, Pair(1, 2))", 1, "`p` is a tuple of another class in each: Pair",
    ),
    "an export of what is jitted": (
        """
        from numba import njit
        from numba.pycc import CC

        cc = CC("built")

        @cc.export("fib", "int64(int64)")
        @njit
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        """,
        None, 1, "fib calls itself, and is compiled as an export already",
    ),
    "what Numba does not store": (
        """
        from numba import jit

        @jit(forceobj=True, cache=True)
        def total(n):
            found = 0
            for i in range(n):
                found += i
            return found
        """,
        "total(4)", 0, "Numba stores nothing of it: each process compiles it again",
    ),
    "things that answer to any name, or to none": (
        """
        from unittest.mock import MagicMock, call

        from numba import njit

        class Lazy:
            @property
            def __class__(self):
                raise RuntimeError("not here")

            def __getattr__(self, name):
                raise RuntimeError("not here")

        lazy, mock = Lazy(), MagicMock()

        @njit(cache=True)
        def down(n):
            return n

        def run():
            return down(3)
        """,
        None, 0, "cached down(int64): survives",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", STUMBLED)
def test_it_answers_where_it_stumbled(python: str, tmp_path: Path, program: str) -> None:
    text, call, status, says = STUMBLED[program]
    (tmp_path / "program.py").write_text(textwrap.dedent(text))
    ended = asked(python, "program.py", *(("--call", call) if call else ()), cwd=tmp_path)
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert says in " ".join(ended.stdout.split())
    assert "not compiled, so not judged" not in ended.stdout


BLOCK = """\
from numba import njit, objmode


@njit(cache=True)
def within(n):
    with objmode(r="int64"):
        r = n + 1
    return r


@njit(cache=True)
def caller(n):
    return within(n)


@njit(cache=True)
def plain(n):
    return n + 1


def run():
    return caller(3), plain(3)
"""
# Prints which functions a process loads, and what it compiles all the same.
LOADS = """\
from numba_matrix.user.check.watch import part, wrap

made = []


@wrap(part("compiler"), "compile_ir")
def compile_ir(original, *args, **kwargs):
    made.append((kwargs.get("func_ir") or args[2]).func_id.func_name)
    return original(*args, **kwargs)


import program

program.caller(3), program.plain(3)
loaded = [f.py_func.__name__ for f in (program.caller, program.plain) if f.stats.cache_hits]
print(*loaded, "made", *made)
"""


def test_an_objmode_block_is_compiled_again_as_the_next_process_shows(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(BLOCK)
    load = f"import runpy; runpy.run_path({str(COMMAND / '__main__.py')!r})['load']()\n"
    said = [
        subprocess.run(
            [python, "-c", load + LOADS], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout
        for _ in range(2)
    ]
    ended = asked(python, "program.py", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    told = " ".join(ended.stdout.split())
    assert "  cached    plain(int64): survives" in ended.stdout.splitlines()
    if said[1].startswith("plain made"):  # the oldest stores neither
        assert "within(int64): Numba stores nothing of it" in told
        return
    assert said[1] == "caller plain made within\n"
    for name in ("within", "caller"):
        assert f"{name}(int64): survives, but for an objmode block, which each process" in told
        assert f"warning: {name}: it comes to an objmode block, which every process" in told


SEEDED = "\n\n\n@njit(cache=True)\ndef seeded(n):\n    return before(n, {})"
# What a call of `before` is told to change, and the program that does.
ADVISED = {
    "narrowing": (
        "before(2, 2.75)", "cast `x` back to float64; a signature does not help there",
        "def before(n, x):\n    return x * 1.0 if n < 1 else x + before(n - 1, int(x))",
        "def after(n, x):\n    return x * 1.0 if n < 1 else x + after(n - 1, float(int(x)))",
        "after(2, 2.75)",
    ),
    "swapped": (
        "before(3, 1, 2.5)", "cast `a` to float64 and `b` to float64 in every call, in before's",
        "def before(n, a, b):\n    return a + b if n < 1 else before(n - 1, b, a)",
        "def after(n, a, b):\n    return a + b if n < 1 else after(n - 1, float(b), float(a))",
        "after(3, 1.0, 2.5)",
    ),
    "two at once": (
        "before(3, 1, 2)",
        'the first call, or give before an explicit signature ("float64(int64, float64, float64)")',
        "def before(n, a, b):\n    return a + b if n < 1 else before(n - 1, a / 2, b / 2)",
        "def after(n, a, b):\n    return a + b if n < 1 else after(n - 1, a / 2, b / 2)",
        "after(3, 1.0, 2.0)",
    ),
    "a default of another type": (
        "before(4)", "pass `k` in every call, as np.float64(...)",
        "def before(n, k=0):\n    return k if n < 1 else before(n - 1, k + 0.5)",
        "def after(n, k=0):\n    return k if n < 1 else after(n - 1, k + 0.5)",
        "after(4, np.float64(0))",
    ),
    "a default and a literal": (
        "before(4)", "pass `k` as np.int64(...) in every call, in before's own too",
        "def before(n, k=1):\n    return k if n < 1 else before(n - 1, 2)",
        "def after(n, k=1):\n    return k if n < 1 else after(n - 1, np.int64(2))",
        "after(4, np.int64(1))",
    ),
    "a default that is text": (
        "before(4)", "pass `s` as str(...) in every call, in before's own too",
        'def before(n, s="a"):\n    return s if n < 1 else before(n - 1, "b")',
        'def after(n, s="a"):\n    return s if n < 1 else after(n - 1, str("b"))',
        'after(4, str("a"))',
    ),
    "a default and a cast": (
        "before(3, 2.5)", "pass `k` as np.float64(...) and cast `x` to float64 in every call",
        "def before(n, x, k=1):\n    return x + k if n < 1 else before(n - 1, k + 0, x)",
        "def after(n, x, k=1):\n    return x + k if n < 1 else after(n - 1, k + 0, x)",
        "after(3, 2.5, np.float64(1))",
    ),
    "a default of None": (
        "before(4)", "int64, in place of None: one that is never meant, and test for it where",
        "def before(n, k=None):\n    return n if n < 1 else before(n - 1, n)",
        "def after(n, k=-1):\n    return n if n < 1 else after(n - 1, n)",
        "after(4, np.int64(-1))",
    ),
    "a seed that is an integer among floats": (
        "seeded(3)",
        'write np.float64(...) around it, or give before an explicit signature ("float64(int64, fl',
        "def before(n, a):\n    return a if n < 1 else before(n - 1, a * 0.5)" + SEEDED.format(1),
        "def after(n):\n    return before(n, np.float64(1))",
        "after(3)",
    ),
    "a string": (
        "seeded(3)",
        "write str(...) around it, or give before an explicit signature (types.unicode_type(",
        "def before(n, a):\n    return a if n < 1 else before(n - 1, a + a)" + SEEDED.format("'a'"),
        'def after(n):\n    return before(n, str("a"))',
        "after(3)",
    ),
    "two of its own": (
        "(before(3, np.int8(1)), before(3, np.float32(1)))",
        "the first call END",
        "def before(n, a):\n    return a if n < 1 else before(n - 1, a * 3)",
        "def after(n, a):\n    return a if n < 1 else after(n - 1, a * 3)",
        "(after(3, np.int64(1)), after(3, np.float64(1)))",
    ),
    "no cast that would do": (
        "before(2, (1, 2.0))", "pass `t` with one type at every level; where that cannot be, write",
        "def before(n, t):\n    return t[0] * 1.0 if n < 1 else before(n - 1, (t[1], t[0]))",
        "def after(n):\n    return 1.0",
        "after(2)",
    ),
}  # fmt: skip


def test_what_it_says_to_change_does_cure_and_changes_no_value(python: str, tmp_path: Path) -> None:
    text, calls, advices, cures = "import numpy as np\nfrom numba import njit\n", [], [], []
    for at, words in enumerate(ADVISED.values()):
        numbered = [re.sub(r"\b(before|after|seeded)\b", rf"\g<1>{at}", word) for word in words]
        call, advice, before, after, instead = numbered
        text += f"\n\n@njit(cache=True)\n{before}\n\n\n@njit(cache=True)\n{after}\n"
        calls += ["--call", call]
        advices.append(advice)
        cures += ["--call", instead]
    (tmp_path / "program.py").write_text(text)
    told = json.loads(asked(python, "program.py", *calls, "--json", cwd=tmp_path).stdout)
    changes = [cause["change"] for cause in told["causes"]]
    for advice in advices:
        assert [change for change in changes if advice in change + " END"], (advice, changes)
    cured = asked(python, "program.py", *cures, cwd=tmp_path)
    assert cured.returncode == 0, cured.stdout
    pairs = " and ".join(f"{a} == {b}" for a, b in zip(calls[1::2], cures[1::2], strict=True))
    command = [python, "-c", f"from program import *; assert {pairs}"]
    assert subprocess.run(command, check=False, cwd=tmp_path).returncode == 0


BAD = {
    "nothing to call": ("library.py",),
    "no such function": ("library.py::fakt",),
    "no such file": ("absent.py",),
    "a folder": (".",),
    "a call that raises": ("library.py", "--call", "twice('a', 1)"),
    "a call that is none": ("library.py", "--call", "twice("),
    "a call that is a statement": ("library.py", "--call", "x = 1"),
    "a call that ends the process": ("library.py", "--call", "__import__('os').abort()"),
    "a file that raises": ("broken.py",),
    "a notebook": ("program.ipynb",),
    "no Python file": ("program",),
    "no file": (),
    "both": ("library.py", "--cache", "."),
    "no such folder": ("--cache", "absent"),
    "no folder": ("--cache", "library.py"),
    "no cache": ("--cache", "."),
}


NO_PYTHON = (BAD["a notebook"], BAD["no Python file"])


@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_what_cannot_be_told_is_said_and_is_not_safe(
    newest: str, memo: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "broken.py").write_text("raise SystemExit(0)\n")
    for name in ("program", "program.ipynb"):
        (tmp_path / name).write_text(LIBRARY)
    ended = asked(python_in(newest, tmp_path / "state", memo), *words, cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout
    assert "Traceback" not in ended.stdout
    assert "Traceback" not in ended.stderr
    assert "not known" in ended.stdout or "error: " in ended.stderr
    assert ("is no Python file: its name" in ended.stdout) == (words[:1] in NO_PYTHON)


# fact ends the next process once it is called, and fib does not.
FACT_AND_FIB = """\
from numba import njit


@njit(cache=True)
def fact(n, acc):
    return acc if n <= 0 else fact(n - 1, 1)


@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def run():
    return fib(5)
"""
CALLS_FACT = "import program\n\n\ndef test_fact():\n    assert program.fact(5, 10) == 1\n"
UNSEEN = {
    "another is called": (
        ("program.py::fact", "--call", "fib(5)"), "nothing of fact was compiled by fib(5)",
    ),
    "it is plain": (("program.py::run",), "run is no compiled function; it has fact, fib"),
    "none is called": (("program.py", "--call", "1+1"), "program.py was compiled by 1+1"),
    "by no test": (
        ("program.py", "--from-tests", "test_nothing.py"),
        "nothing of program.py was compiled in this process by pytest test_nothing.py",
    ),
    "by workers": (
        ("program.py", "--from-tests", "-n 2 test_fact.py"), "leave pytest-xdist's -n out",
    ),
    "in another file": (
        ("test_fact.py", "--from-tests", "test_fact.py"),
        "elsewhere, program.py:4: fact(int64, int64): ends the next process",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def python_with_pytest(newest: str, memo: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment over that of a cell's, with pytest in it."""
    folder = tmp_path_factory.mktemp("with-pytest")
    below = python_in(newest, folder / "state", memo)
    python = str(python_of(folder / "env"))
    for words in (
        ("venv", "--quiet", "--python", below, str(folder / "env")),
        ("pip", "install", "--quiet", "--python", python, "pytest", "pytest-xdist"),
    ):
        subprocess.run([find_uv_bin(), *words], env=for_tools(os.environ), check=True)
    (packages,) = (folder / "env").rglob("site-packages")
    there = next(Path(below).parents[1].rglob("site-packages"))
    (packages / "numba.pth").write_text(f"{there}\n", encoding="utf-8")
    return python


@pytest.mark.parametrize(("words", "says"), UNSEEN.values(), ids=UNSEEN)
def test_what_was_not_compiled_is_not_safe(
    python_with_pytest: str, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (tmp_path / "program.py").write_text(FACT_AND_FIB)
    (tmp_path / "test_fact.py").write_text(CALLS_FACT)
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    ended = asked(python_with_pytest, *words, cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout
    assert says in ended.stdout
    assert "safe" not in ended.stdout


def test_tests_that_fail_leave_it_open_what_they_would_have_called(
    python_with_pytest: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(FACT_AND_FIB)
    (tmp_path / "test_fib.py").write_text(
        "import program\n\n\ndef test_fib():\n    assert program.fib(5) == 6\n"
    )
    ended = asked(python_with_pytest, "program.py", "--from-tests", "test_fib.py", cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout
    told = "pytest test_fib.py ended with status 1; what failing tests did not come to was not seen"
    assert told in " ".join(ended.stdout.split())
    assert "fib(int64): survives" in ended.stdout


def test_what_was_not_called_beside_what_is_safe_is_named(python: str, tmp_path: Path) -> None:
    # Two functions of one place: it is told of each by what it is, not by where it lies.
    made = "\n\ndef make():\n    return njit(lambda n: n)\n\n\none, two = make(), make()\none(1)\n"
    (tmp_path / "program.py").write_text(FACT_AND_FIB + made)
    ended = asked(python, "program.py", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.splitlines()[1:] == [
        "  cached    fib(int64): survives", "  not compiled, so not judged: fact, two",
    ]  # fmt: skip
    assert asked(python, "program.py::two", cwd=tmp_path).returncode == 2


EVEN_ODD = """\
from numba import njit


@njit
def even(n):
    return True if n == 0 else odd(n - 1)


@njit
def odd(n):
    return False if n == 0 else even(n - 1)
"""
ENDING = (
    "import os\n"
    + EVEN_ODD
    + """

@njit(cache=True)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@njit(cache=True)
def fact(n, acc):
    return acc if n <= 0 else fact(n - 1, 1)


def run():
    even(4)
    fib(5)
    {}
    fact(3, 10)
"""
)


@posix_only
def test_what_a_program_did_until_it_ended_itself_is_not_the_whole(
    python: str, tmp_path: Path
) -> None:
    # A child of the program's has the same watch, and no say.
    for end in ("os._exit(0)", "os.fork() and (os.wait(), os._exit(0))"):
        (tmp_path / "program.py").write_text(ENDING.format(end))
        ended = asked(python, "program.py", cwd=tmp_path)
        assert ended.returncode == 2, ended.stdout
        assert "in which it was called ended early: exit status 0" in ended.stdout


UNLOADED = (
    EVEN_ODD
    + """

def closing():
    function = even

    @njit(cache=True)
    def inner(n):
        return function(n)

    return inner


@njit(cache=True)
def apply(function, n):
    return function(n)


@njit(cache=True)
def through(n):
    return inner(n)


inner = closing()
"""
)


@pytest.mark.parametrize(
    ("call", "status", "line"),
    [
        ("inner(4)", 0, "inner(int64): would end a process that loaded it; none that is started"),
        ("apply(even, 4)", 0, "int64): would end a process that loaded it; none that is started"),
        ("through(4)", 1, "through(int64): ends the next process"),
    ],
)
def test_what_is_stored_and_never_loaded_ends_nothing_as_the_next_processes_show(
    newest: str, memo: Path, tmp_path: Path, call: str, status: int, line: str
) -> None:
    python = python_in(newest, tmp_path / "state", memo)
    (tmp_path / "program.py").write_text(UNLOADED)
    ended = asked(python, "program.py", "--call", call, cwd=tmp_path)
    said = " ".join(ended.stdout.split())
    assert (ended.returncode, line in said) == (status, True), ended.stdout
    assert "every process compiles again" in ended.stdout
    command = [python, "-c", f"import program; program.{call.replace('even', 'program.even')}"]
    ends = [subprocess.run(command, check=False, cwd=tmp_path).returncode for _ in range(3)]
    assert [end < 0 for end in ends] == [False, bool(status), bool(status)]


AGAIN = """\
from numba import int64, njit

try:
    from numba.experimental import jitclass
except ImportError:  # before Numba 0.49
    from numba import jitclass


@jitclass([("value", int64)])
class Box:
    def __init__(self, value):
        self.value = value


@njit
def double(n):
    return 2 * n


@njit(cache=True)
def dropping(n, thing):
    return 0 if n < 1 else dropping(n - 1, n) + 1
"""


@pytest.mark.parametrize("thing", ["double", "Box(1)"])
def test_what_is_compiled_again_raises_where_what_it_calls_is_loaded(
    python: str, tmp_path: Path, thing: str
) -> None:
    (tmp_path / "program.py").write_text(AGAIN)
    ended = asked(python, "program.py", "--call", f"dropping(3, {thing})", cwd=tmp_path)
    command = [python, "-c", f"from program import *; print(dropping(3, {thing}))"]
    said = [
        subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True).stderr
        for _ in range(2)
    ]
    told = " ".join(ended.stdout.split())
    assert ended.returncode == 1, told
    if "cannot pickle" in said[0]:  # a function in a type, on the oldest
        assert "cannot be stored" in told
        return
    assert ["unresolved symbol" in one for one in said] == [False, True], said
    assert "compiles it again, loads what that calls, and raises" in told


KEYS = """\
from collections import namedtuple

from numba import njit
from numba.extending import register_jitable

Named = namedtuple("Named", "a b")
Under = namedtuple("Another", "a b")


@njit
def double(n):
    return 2 * n


def closing(number, functions):
    @register_jitable
    def helper(n):
        return functions[0](n)

    @njit(cache=True)
    def over_number(n):
        return n + number

    @njit(cache=True)
    def over_tuple(n):
        return functions[0](n)

    @njit(cache=True)
    def over_helper(n):
        return helper(n)

    return over_number, over_tuple, over_helper


@njit(cache=True)
def small(n, k=1):
    return n


@njit(cache=True)
def large(n, k=100000):
    return n


@njit(cache=True)
def no_number(n, k=float("nan")):
    return n


@njit(cache=True)
def named(p):
    return p.a


@njit(cache=True)
def misnamed(p):
    return p.a


CALLED = [(f, 1) for f in (*closing(3, (double,)), small, large, no_number)]
CALLED += [(named, Named(1, 2)), (misnamed, Under(1, 2))]


def run():
    for function, argument in CALLED:
        try:
            function(argument)
        except Exception:  # on 0.48 a type that has no pickle
            pass


def loaded():
    return sorted({f.py_func.__qualname__ for f, _ in CALLED if sum(f.stats.cache_hits.values())})
"""


def test_who_loads_a_function_is_told_from_its_key_as_the_next_process_shows(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(KEYS)
    facts = json.loads(asked(python, "program.py", "--json", cwd=tmp_path).stdout)
    kept = [one for one in facts["stored"] if not one["error"]]
    command = [python, "-c", "from program import *; run(); print(*loaded(), sep='\\n')"]
    said = [
        subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert not said[0].strip()
    loaded = {one["name"] for one in kept if one["loaded_by"] == "the next process"}
    assert loaded == set(said[1].split("\n")) - {""}
    told = {text.partition(":")[0] for text in facts["warnings"] if "compiles again" in text}
    assert told == {one["name"] for one in kept} - loaded
    assert "no_number" in told
    assert "small" in loaded


EARLY = (
    EVEN_ODD
    + """

even(4)
"""
)
CACHED = """\
import numba_matrix_early
from numba import njit


@njit(cache=True)
def top(n):
    return numba_matrix_early.even(n)


def test_top():
    assert top(4)
"""


def test_a_session_fails_for_what_is_stored_whoever_left_the_call_open(
    python_with_pytest: str, tmp_path: Path
) -> None:
    # Compiled before there is a watch: the open symbol is seen, and the call that made it is not.
    (tmp_path / "numba_matrix_early.py").write_text(EARLY)
    (tmp_path / "test_top.py").write_text(CACHED)
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    load = f"import runpy; runpy.run_path({str(COMMAND / '__main__.py')!r})['load']()"
    start = "import sys, pytest, numba_matrix.user.check.pytest_plugin as ours"
    plain = "[*sys.argv[1:], '-p', 'no:cacheprovider', '--numba-recursion']"
    code = f"{load}; {start}; sys.exit(pytest.main({plain}, plugins=[ours]))"
    for words, status, says in (
        (["test_top.py"], 1, "top(int64): ends the next process"),
        (["test_nothing.py"], 0, "numba-recursion: 0 functions compiled"),
    ):
        ended = subprocess.run(
            [python_with_pytest, "-c", code, "-p", "numba_matrix_early", *words],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        assert ended.returncode == status, ended.stdout + ended.stderr
        assert "1 passed" in ended.stdout
        # pytest's own last line says that all tests passed.
        last = ended.stdout.rstrip().rpartition("\n")[2]
        assert last.startswith("numba-recursion: FAILED") == bool(status)
        assert says in ended.stdout
        assert "what they start is not watched: numba-matrix check --cache DIR" in ended.stdout


SPINNING = """\
import os
from numba import njit


@njit
def spin(n):
    while n >= 0:
        n = (n * n + 1) % 7
    return n


def run():
    spin(-1)
    with open("began.part", "w") as file:
        file.write(str(os.getpid()))
    os.rename("began.part", "began")
    spin(1)
"""


@linux_only
@pytest.mark.parametrize(
    ("number", "group", "status"),
    [
        (signal.SIGINT, True, 130),
        (signal.SIGTERM, False, 143),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
)
def test_what_ends_the_command_ends_the_process_in_which_the_file_runs(
    python_with_pytest: str, tmp_path: Path, number: int, status: int, *, group: bool
) -> None:
    (tmp_path / "program.py").write_text(SPINNING)
    began = tmp_path / "began"
    command = [python_with_pytest, str(COMMAND), "check", "program.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, process_group=0
    ) as running:
        wait_for(began.exists, "the program")
        inside = int(began.read_text(encoding="utf-8"))
        os.killpg(running.pid, number) if group else os.kill(running.pid, number)
        said = running.communicate()[1]
        assert running.returncode == status
        assert "Traceback" not in said
        assert not group or said == "interrupted\n"
        wait_for(lambda: not alive(inside), "the end of what spins")
