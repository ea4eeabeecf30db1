"""The remedy, in real cells: what it cures, that each part is needed, and that it is safe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from uv import find_uv_bin

from matrix.project import DATA
from matrix.select.interpreters import Interpreter
from matrix.user import remedy
from tests.cells import random_shapes
from tests.cells.driving import ROOT

USER = ROOT / "matrix" / "user"
ALLOWED_S = 300

CYCLE = """\
from numba import njit

@njit(cache=True)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)

@njit(cache=True)
def is_odd(n):
    return False if n == 0 else is_even(n - 1)

def run():
    return [is_even(10), is_odd(10)]
"""
PLAIN = """\
from numba import njit

@njit(cache=True)
def double(n):
    return 2 * n

def run():
    return double(21)
"""
# A process that multiprocessing starts anew, and one that it starts in turn. What the first gives
# back is of a class of the script, which is looked up under the name `__mp_main__`.
POOLED = (
    CYCLE
    + """\
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

class Answer:
    def __init__(self, value):
        self.value = value

def in_process(how, work, *arguments):
    with ProcessPoolExecutor(1, mp_context=get_context(how)) as pool:
        return pool.submit(work, *arguments).result()

def loaded():
    run()
    return Answer(sum(sum(f.stats.cache_hits.values()) for f in (is_even, is_odd)))

def in_turn(how):
    return in_process(how, loaded)

main = install = None  # names that the remedy has as well
if __name__ == "__main__":
    print([in_process(how, in_turn, how).value for how in sys.argv[1:]])
"""
)
# A module whose import compiles a recursion, or loads one.
EAGER = (
    CYCLE
    + """\
@njit("boolean(int64)", cache=True)
def called(n):
    return is_even(n)
"""
)
# The second process adds a specialisation that calls one which it has loaded.
ADDED_LATER = """\
from numba import njit

@njit(cache=True)
def power(n, result=1):
    return result if n == 0 else power(n - 1, 2 * result)

def run():
    return power(5, 1) if COLD else [power(5, 1), power(5)]
"""
# What `stopped` takes `scaled` for is not what it is, and the call is never reached.
UNREACHED = """\
from numba import njit

@njit(cache=True)
def scaled(n, x):
    return x if n == 0 else stopped(n - 1, x, True) * 1.5

@njit(cache=True)
def stopped(n, x, stop):
    if stop:
        return x
    return scaled(n - 1, x)

def run():
    return [scaled(5, 2), stopped(5, 2, True)]
"""
# An object-mode block and the loop of an object-mode function are functions without a cache.
LIFTED = """\
from numba import jit, njit, objmode

@njit(cache=True)
def digits(n):
    with objmode(count="int64"):
        count = len(str(n))
    return count

@jit(forceobj=True)
def total(n):
    found = 0
    for i in range(n):
        found += i
    return found

def run():
    return [digits(1234), total(10)]
"""
# `up` is in another file and not cached; that file is edited once it is imported.
EDITED = """\
import up_file
from numba import njit
from up_file import up

@njit(cache=True)
def down(n, x):
    return x if n <= 0 else up(n - 1, 1)

up_file.down = down

def run():
    if COLD:
        with open(up_file.__file__, "a") as file:
            file.write("\\nSTEP = 2000\\n")
    return down(3, 1.0)
"""
UP = """\
from numba import njit

STEP = 10

@njit
def up(n, x):
    return x + STEP if n <= 0 else down(n - 1, 2.0)
"""
# Explicit signatures as text and as `Signature`; the recursion stores the second as a tuple.
SIGNED = """\
from numba import float64, int64, njit

@njit(["float64(int64, float64)", "float64(float64, int64)"], cache=True)
def text(a, b):
    return a + b if a < 1 else text(b - 1, a)

@njit([float64(int64, float64), float64(float64, int64)], cache=True)
def typed(a, b):
    return a + b if a < 1 else typed(b - 1, a)

def run():
    return [text(3, 2.5), typed(3, 2.5)]
"""
# A later process asks for what a call has stored, but as returning something else.
ASKED_OTHERWISE = """\
from numba import njit

@njit(cache=True)
def half(x):
    return x / 2

def run():
    if not COLD:
        half.compile("int64(float64)")
    return half(3.0)
"""
# In 0.48.0 what has a function of a cycle as its argument cannot be pickled.
CALLED_BACK = """\
from numba import njit

@njit(cache=True)
def call(f, n):
    return 0 if n <= 0 else f(n - 1)

@njit(cache=True)
def up(n):
    return 1 if n <= 0 else call(down, n) + 1

@njit(cache=True)
def down(n):
    return 2 if n <= 0 else call(up, n) * 2

def run():
    return [up(7), down(6)]
"""
RETURN_CAST = """\
from numba import njit

@njit(cache=True)
def half(n):
    return 1 if n == 0 else 0.5 * half_of_half(n)

@njit(cache=True)
def half_of_half(n):
    return half(n - 1)

def run():
    return half(3)
"""
# A parallel function and another that call each other: from 0.55 on their names end differently.
PARALLEL = """\
import numpy as np
from numba import njit, prange

@njit(cache=True, parallel=True)
def total(n, values):
    found = 0.0
    for i in prange(len(values)):
        found += values[i]
    return found if n == 0 else found + other(n - 1, values)

@njit(cache=True)
def other(n, values):
    return 1.0 if n == 0 else 0.5 + total(n - 1, values)

def run():
    values = np.ones(100)
    return total(4, values) if COLD else other(4, values)
"""
EXPORTED = """\
from numba.pycc import CC

cc = CC("built")

@cc.export("fib", "int64(int64)")
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
"""
# What is exported calls the function that was compiled first, and holds an open symbol.
EXPORTED_INNER = """\
from numba import njit
from numba.pycc import CC

cc = CC("built")

@njit
def is_even(n):
    if n == 3:
        print("three", n)
    return True if n == 0 else is_odd(n - 1)

@njit
def is_odd(n):
    return False if n == 0 else is_even(n - 1)

is_even(6)

@cc.export("odd", "boolean(int64)")
def odd(n):
    return is_odd(n)
"""
EXPORTED_HELPER = EXPORTED_INNER.replace("\nis_even(6)\n", "")

# A later process loads the first two, and compiles two others of the same names.
TWICE = """\
from numba import njit

@njit(cache=True)
def even(n):
    return 100 if n == 0 else odd(n - 1)

@njit(cache=True)
def odd(n):
    return 200 if n == 0 else even(n - 1)

first = even(10)

@njit(cache=True)
def even(n):
    return 1 if n == 0 else odd(n - 1)

@njit(cache=True)
def odd(n):
    return 2 if n == 0 else even(n - 1)

def run():
    return first if COLD else [first, even(10), odd(10), even(9)]
"""

# What they give in the first process and in later ones, and what is True of the built module.
VALUES = {
    CYCLE: ([True, False], [True, False]),
    ADDED_LATER: (32, [32, 32]),
    TWICE: (100, [100, 1, 2, 2]),
    RETURN_CAST: (0.125, 0.125),
    PARALLEL: (301.0, 202.0),
    SIGNED: ([2.5, 2.5], [2.5, 2.5]),
}
EXPORTS = {
    EXPORTED: "built.fib(20) == 6765",
    EXPORTED_INNER: "built.odd(4) is False",  # prints, for which it needs an environment
    EXPORTED_HELPER: "built.odd(9)",
}

# How many functions a later process compiles beside what it loads.
MORE = {ADDED_LATER: 1, TWICE: 2}

# For each part a program that fails without it.
NEEDED = {
    "_patch_numbers": TWICE,
    "_patch_optimize": ADDED_LATER,
    "_patch_save": CYCLE,
    "_patch_load": SIGNED,
    "_patch_overloads": ADDED_LATER,
    "_patch_calls": RETURN_CAST,
    "_patch_names": PARALLEL,
    "_patch_inference": RETURN_CAST,
    "_patch_compile": CYCLE,
    "_patch_runtime": EXPORTED_HELPER,
    "_patch_link": EXPORTED_INNER,
    "_patch_export": EXPORTED,
}

# One function of a cycle over three files, each of which ends with the import of the next one.
LINK = """\
from numba import njit

@njit(cache=True)
def {name}(n):
    return 0 if n == 0 else {step} + {following}(n - 1)

from {following}_file import {following}
"""
LINKED = """\
from first_file import first
from second_file import second
from third_file import third

def run():
    return [first(4), second(4), third(4)]
"""

# What every process does: import Numba, install what is asked for, run the program, answer.
CHILD = """\
import importlib.util, json, sys, warnings
settings = json.load(open(sys.argv[1]))
warnings.simplefilter("ignore")
import numba
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    module.COLD = settings.get("cold", False)
    spec.loader.exec_module(module)
    return module
if settings["remedy"]:
    remedy = load("remedy", settings["remedy"])
    remedy.PARTS = [part for part in remedy.PARTS if part.__name__ != settings.get("off")]
    remedy.ROUNDS = settings.get("rounds", remedy.ROUNDS)
    remedy.install()
if settings.get("guard"):
    load("guard", settings["guard"])
program = load("program", settings["program"])
if settings.get("build"):
    program.cc.output_dir = settings["build"]
    program.cc.compile()
    value = None
else:
    value = program.run()
stats = [f.stats for f in vars(program).values() if hasattr(f, "stats")]
json.dump({
    "value": value if not hasattr(value, "tolist") else value.tolist(),
    "misses": sum(sum(s.cache_misses.values()) for s in stats),
    "hits": sum(sum(s.cache_hits.values()) for s in stats),
}, open(settings["answer"], "w"))
"""


class Outcome(msgspec.Struct, frozen=True):
    """How one process ended."""

    status: int
    value: object = None
    misses: int = -1
    hits: int = -1
    errors: str = ""


class Folder(msgspec.Struct, frozen=True):
    """A folder with a program and a cache, and the Python of a cell to run it."""

    path: Path
    python: str

    def put(self, program: str) -> None:
        """Write the program."""
        (self.path / "program.py").write_text(program, encoding="utf-8")

    def run(self, *, remedy: bool = True, **settings: Any) -> Outcome:
        """Run the program in a process of its own."""
        answer = self.path / "answer.json"
        answer.unlink(missing_ok=True)
        asked = {
            "remedy": str(USER / "remedy.py") if remedy else "",
            "program": str(self.path / "program.py"),
            "answer": str(answer),
            **settings,
        }
        (self.path / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        ended = self.python_runs(CHILD, str(self.path / "asked.json"))
        if ended.returncode:
            return Outcome(ended.returncode, errors=ended.stderr)
        return msgspec.convert({"status": 0, **json.loads(answer.read_bytes())}, Outcome)

    def python_runs(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a text of Python to its end."""
        return self._runs("-c", program, *arguments)

    def script_runs(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script under the remedy to its end."""
        return self._runs(str(USER / "remedy.py"), script, *arguments)

    def _runs(self, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "PYTHON"))}
        return subprocess.run(
            [self.python, *words],
            cwd=self.path,
            env=kept | {"NUMBA_CACHE_DIR": str(self.path / "cache"), "NUMBA_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            timeout=ALLOWED_S,
            check=False,
        )

    def loaded(self, truth: str) -> subprocess.CompletedProcess[str]:
        """Say whether something is true of the built module, where Numba cannot be imported."""
        program = f"import sys; sys.modules['numba'] = None; import built; print({truth})"
        return self.python_runs(program)

    def stored(self) -> dict[str, int]:
        """Return the files of the cache and when each was written."""
        files = (path for path in (self.path / "cache").rglob("*.nb?"))
        return {path.name: path.stat().st_mtime_ns for path in files}


@pytest.fixture(scope="session")
def pythons(
    seed: tuple[str, ...],
    interpreters: dict[str, Interpreter],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """Return the Pythons of environments for the oldest, a middle and the newest release."""
    found = {}
    for cell in seed:
        release, tag = cell.split("-cp")
        env = tmp_path_factory.mktemp("env") / cell
        base = interpreters[f"{tag[0]}.{tag[1:]}"].path
        found[cell] = str(env / "bin" / "python")
        lock = str(DATA / "locks" / f"numba-{release}.txt")
        pip = ("pip", "install", "-q", "--require-hashes", "-p", found[cell], "-r", lock)
        for words in (("venv", "-q", "-p", base, str(env)), pip):
            subprocess.run([find_uv_bin(), *words], check=True)
    return found


@pytest.fixture(params=["oldest", "middle", "newest"])
def folder(request: pytest.FixtureRequest, pythons: dict[str, str], tmp_path: Path) -> Folder:
    """Return an empty folder for each of the three releases."""
    return Folder(tmp_path, pythons[request.getfixturevalue(request.param)])


@pytest.fixture
def in_newest(pythons: dict[str, str], newest: str, tmp_path: Path) -> Folder:
    """Return an empty folder for the newest release."""
    return Folder(tmp_path, pythons[newest])


def test_every_function_of_a_cycle_is_a_hit_in_the_second_process(folder: Folder) -> None:
    folder.put(CYCLE)
    assert folder.run().value == [True, False]
    stored = folder.stored()
    assert len(stored) == 4  # an index and a data file for each function
    warm = folder.run()
    assert (warm.value, warm.misses, warm.hits) == ([True, False], 0, 2)
    assert folder.stored() == stored


def test_without_it_the_second_process_ends(folder: Folder) -> None:
    folder.put(CYCLE)
    assert folder.run(remedy=False).status == 0
    assert folder.run(remedy=False).status < 0


@pytest.mark.parametrize("program", [ADDED_LATER, TWICE, RETURN_CAST, PARALLEL, SIGNED])
def test_what_else_goes_through_an_open_symbol_is_right_and_a_hit(
    folder: Folder, program: str
) -> None:
    assert works(folder, program)


def test_a_call_that_is_never_reached_is_of_no_type(folder: Folder) -> None:
    folder.put(UNREACHED)
    assert folder.run().value == [3.0, 2.0]
    warm = folder.run()
    assert (warm.value, warm.misses, warm.hits) == ([3.0, 2.0], 0, 2)


def test_what_is_asked_for_as_returning_another_type_is_not_what_a_call_has_stored(
    folder: Folder,
) -> None:
    folder.put(ASKED_OTHERWISE)
    assert [folder.run(cold=cold).value for cold in (True, False)] == [1.5, 1]


def test_what_cannot_be_stored_is_compiled_all_the_same(folder: Folder) -> None:
    folder.put(CALLED_BACK)
    assert [folder.run().value for _ in range(2)] == [[31, 30]] * 2


def test_a_return_type_that_does_not_settle_is_an_error_that_names_both_functions(
    folder: Folder,
) -> None:
    folder.put(RETURN_CAST)
    errors = folder.run(rounds=1).errors
    assert "half_of_half is compiled to call half as returning int64" in errors
    assert "return numba.float64(...)" in errors


@pytest.mark.parametrize("program", [EXPORTED, EXPORTED_HELPER])
def test_recursion_can_be_exported(folder: Folder, program: str) -> None:
    assert works(folder, program)


@pytest.mark.parametrize("part", NEEDED)
def test_no_part_can_be_left_out(in_newest: Folder, part: str) -> None:
    assert works(in_newest, NEEDED[part])
    assert not works(in_newest, NEEDED[part], off=part)


def test_the_parts_that_are_left_out_are_all_there_are() -> None:
    elsewhere = {"_patch_index", "_patch_stamps"}
    assert elsewhere | NEEDED.keys() == {part.__name__ for part in remedy.PARTS}


def works(folder: Folder, program: str, **settings: Any) -> bool:
    """Whether a program is right in each process, and in the last one compiles nothing."""
    shutil.rmtree(folder.path / "cache", ignore_errors=True)
    folder.put(program)
    if program in EXPORTS:
        return folder.run(build=str(folder.path), **settings).status == 0 and folder.loaded(
            EXPORTS[program]
        ).stdout.endswith("True\n")
    cold, warm, again = (folder.run(cold=cold, **settings) for cold in (True, False, False))
    compiled = MORE.get(program, 0)
    first, later = VALUES[program]
    found = [cold.value, warm.value, warm.misses, again.value, again.misses]
    return found == [first, later, compiled, later, 0]


def test_with_and_without_it_one_folder_serves_both_and_neither_reads_the_other(
    folder: Folder,
) -> None:
    folder.put(PLAIN)
    seen = [folder.run(remedy=remedy).misses for remedy in (True, False, True, False, False)]
    assert seen == [1, 1, 1, 1, 0]
    assert {name.split(".")[-3] for name in folder.stored() if name.endswith(".nbc")} >= {"remedy"}


def test_without_that_part_one_stumbles_over_what_the_other_wrote(in_newest: Folder) -> None:
    in_newest.put(PLAIN)
    assert in_newest.run(off="_patch_index", remedy=True).misses == 1
    without = in_newest.run(remedy=False)
    assert without.status == 1
    assert "_rebuild() missing" in without.errors


def put_links(folder: Folder, steps: dict[str, int]) -> list[int]:
    """Write a cycle over three files, and return what its functions give of 4."""
    names = list(steps)
    for number, (name, step) in enumerate(steps.items()):
        text = LINK.format(name=name, step=step, following=names[(number + 1) % 3])
        (folder.path / f"{name}_file.py").write_text(text, encoding="utf-8")
    each = list(steps.values())
    return [sum(each) + one for one in each]


def test_an_edit_of_any_file_of_a_cycle_is_noticed(folder: Folder) -> None:
    folder.put(LINKED)
    steps = {"first": 1, "second": 10, "third": 100}
    for edited in ("", *steps):
        if edited:
            steps[edited] += 5000
        truth = put_links(folder, steps)
        cold, warm = folder.run(), folder.run()
        assert (cold.value, cold.hits, cold.misses) == (truth, 0, 3), edited
        assert (warm.value, warm.hits, warm.misses) == (truth, 3, 0), edited


def test_a_file_that_is_edited_while_it_is_in_use_is_not_taken_for_what_was_compiled(
    folder: Folder,
) -> None:
    folder.put(EDITED)
    (folder.path / "up_file.py").write_text(UP, encoding="utf-8")
    cold, warm, again = (folder.run(cold=cold) for cold in (True, False, False))
    assert [cold.value, warm.value, again.value] == [11.0, 2001.0, 2001.0]
    assert (cold.misses, warm.misses, again.misses) == (2, 2, 0)


def test_what_is_lifted_out_of_object_mode_runs_as_without_it(folder: Folder) -> None:
    folder.put(LIFTED)
    values = [folder.run(remedy=remedy).value for remedy in (True, True, False, False)]
    assert values == [[4, 45]] * 4


def test_without_that_part_two_files_out_of_three_are_those_of_before(in_newest: Folder) -> None:
    in_newest.put(LINKED)
    steps = {"first": 1, "second": 10, "third": 100}
    before = put_links(in_newest, steps)
    assert in_newest.run(off="_patch_stamps").value == before
    truth = put_links(in_newest, steps | {"second": 5000})
    mixed = in_newest.run(off="_patch_stamps").value
    assert mixed not in (before, truth)


def test_a_crash_waiting_in_a_folder_is_not_loaded(folder: Folder) -> None:
    folder.put(CYCLE)
    assert folder.run(remedy=False).status == 0
    assert folder.run().value == [True, False]
    assert folder.run().misses == 0


def test_installing_twice_is_installing_once(folder: Folder) -> None:
    ended = folder.python_runs(
        f"import sys, importlib.util as u\nsys.path.insert(0, {str(USER)!r})\n"
        "import remedy\nassert remedy.install() is True\n"
        "compiler = remedy._module('compiler')\nfirst = compiler.compile_extra\n"
        f"spec = u.spec_from_file_location('vendored', {str(USER / 'remedy.py')!r})\n"
        "vendored = u.module_from_spec(spec)\nspec.loader.exec_module(vendored)\n"
        "assert remedy.install() is True and vendored.install() is True\n"
        "assert compiler.compile_extra is first\nprint('once')"
    )
    assert ended.stdout == "once\n", ended.stderr


def test_on_a_numba_it_does_not_know_nothing_is_changed(folder: Folder) -> None:
    ended = folder.python_runs(
        f"import sys\nsys.path.insert(0, {str(USER)!r})\n"
        "import remedy\n"
        "caching, compiler = remedy._module('caching'), remedy._module('compiler')\n"
        "def save_overload(self, sig, data):\n    'another'\n"
        "caching.Cache.save_overload = remedy.main\n"
        "before = dict(vars(caching.Cache)), compiler.compile_extra\n"
        "try:\n    remedy.install()\nexcept remedy.UnknownNumba as error:\n    print(error)\n"
        "print(remedy.install(unknown='ignore'))\n"
        "assert (dict(vars(caching.Cache)), compiler.compile_extra) == before\n"
    )
    said, ignored = ended.stdout.splitlines()
    assert "caching.Cache.save_overload is not as in any release it knows" in said
    assert ignored == "False"


def test_threads_and_forks_after_it_are_fine(folder: Folder) -> None:
    folder.put(
        CYCLE
        + "    \n"
        + "def run():\n"
        + "    import os, threading\n"
        + "    found = []\n"
        + "    for f, n in ((is_even, 10), (is_odd, 7), (is_even, 11), (is_odd, 3.0)):\n"
        + "        threading.Thread(target=lambda f=f, n=n: found.append(bool(f(n)))).start()\n"
        + "    for thread in threading.enumerate():\n"
        + "        if thread is not threading.current_thread():\n"
        + "            thread.join()\n"
        + "    child = os.fork()\n"
        + "    if not child:\n"
        + "        os._exit(0 if is_even(6.0) else 1)\n"
        + "    return [sorted(found), os.waitpid(child, 0)[1]]\n"
    )
    for _ in range(2):
        assert folder.run().value == [[False, True, True, True], 0]


def test_it_keeps_nothing_alive_that_numba_lets_go(folder: Folder) -> None:
    program = (
        f"import sys, gc, weakref\nsys.path.insert(0, {str(USER)!r})\n"
        "import numba, remedy\nif len(sys.argv) > 1:\n    remedy.install()\n"
        + (PLAIN + CYCLE + ADDED_LATER).replace("cache=True", "")
        + "\ndouble(2), is_even(4), power(5)\nrecent = double._recent\n"
        "functions = [double, is_even, is_odd, power]\n"
        "libraries = [weakref.ref(c.library) for f in functions for c in f.overloads.values()]\n"
        "del functions, double, is_even, is_odd, power, run\nrecent.clear()\n"
        "gc.collect()\nprint([library() is None for library in libraries])\n"
    )
    found = folder.python_runs(program, "with").stdout
    assert found.startswith("[True, ")
    assert found == folder.python_runs(program).stdout


def test_it_runs_a_script_as_python_would(folder: Folder) -> None:
    (folder.path / "beside.py").write_text("name = 'beside'\n", encoding="utf-8")
    script = folder.path / "script.py"
    script.write_text(
        CYCLE + "import sys, beside\nprint(__name__, sys.argv[1:], beside.name, run())\n",
        encoding="utf-8",
    )
    for _ in range(2):
        ended = folder.script_runs(str(script), "a", "-b")
        assert ended.stdout == "__main__ ['a', '-b'] beside [True, False]\n", ended.stderr


def test_processes_that_a_script_starts_anew_have_it_too(folder: Folder) -> None:
    folder.put(POOLED)
    for hits in ("[0, 2]", "[2, 2]"):
        ended = folder.script_runs("program.py", "spawn", "forkserver")
        assert ended.stdout == hits + "\n", ended.stderr


def test_it_names_the_functions_that_it_came_too_late_for(folder: Folder) -> None:
    # One more that is loaded after it ends the process on 0.48.0, with or without the remedy.
    plain = PLAIN.replace("njit(cache", 'njit("int64(int64)", cache')
    folder.put(plain + EAGER)
    program = (
        f"import sys\nsys.path[:0] = [{str(folder.path)!r}, {str(USER)!r}]\n"
        "import program, remedy\nremedy.install()"
    )
    line = len((plain + CYCLE).splitlines()) + 1
    named = []
    for _ in range(2):
        errors = folder.python_runs(program).stderr
        assert "install() came too late for " in errors
        assert f"called ({folder.path / 'program.py'}:{line})" in errors
        named.append([name for name in ("is_even", "is_odd", "double") if name in errors])
    # What was loaded has the others in it; they are not loaded themselves.
    assert named == [["is_even", "is_odd"], []]


def test_in_time_it_warns_of_nothing(folder: Folder) -> None:
    folder.put(EAGER)
    program = (
        f"import sys\nsys.path[:0] = [{str(folder.path)!r}, {str(USER)!r}]\n"
        "import remedy\nremedy.install()\nimport program\nprogram.run()"
    )
    assert [folder.python_runs(program).stderr for _ in range(2)] == ["", ""]


def test_the_guard_alone_is_not_enough(folder: Folder) -> None:
    program = (ROOT / "probes" / "cache" / "default_omitted_lazy.py").read_text(encoding="utf-8")
    folder.put(program)
    guard = str(USER / "guard.py")
    assert folder.run(remedy=False, guard=guard).status == 0
    assert folder.run(remedy=False, guard=guard).status != 0  # RuntimeError, or a crash


def test_random_recursions_agree_with_python(folder: Folder) -> None:
    for index, program in enumerate(random_shapes.generate(6, 14)):
        (folder.path / f"p{index}.py").write_text(program, encoding="utf-8")
    results = random_shapes.run_all(folder.python, folder.path, str(USER / "remedy.py"))
    words = {name: random_shapes.judge(phases) for name, phases in results.items()}
    assert not [w for w in words.values() if w.startswith(("crashed", "wrong", "raised"))], words
    assert "hit" in words.values()
