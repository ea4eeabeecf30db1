"""Random recursions, each run as Python, then cold, then warm, with the remedy.

In: the Python of a cell, how many programs, a seed. Out: one line a program that did not agree, and
a count of how they ended. Exit status 1 if one crashed or gave another value than Python. With
`--beside` what the remedy refuses is run without it, too: a line for each that Numba alone does not
refuse, and a count of what it does.

    python tests/cells/random_shapes.py PYTHON NUMBER [SEED] [--without | --beside] [--keep FOLDER]

The programs are made here, by Hypothesis; the cell's Python runs them, each phase of each in a
process of its own. Those of one phase are forked from one that has imported Numba and woken it up:
by compiling something before `cold`, by loading it before `warm`, which must not have compiled.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

REMEDY = Path(__file__).resolve().parents[2] / "matrix" / "user" / "remedy.py"
NUMBERS = ("1", "2", "0.5", "1.5", "True", "np.int64(1)", "np.float64(2.5)", "np.int32(3)")
VALUES = ("a", "b", "a + b", "b + 1", "a + 0.5", "np.float64(a)", "np.int64(b)", *NUMBERS)
ENDS = ("0", "1", "1.5", "a", "b", "a + b", "n", "True", "np.float32(0.5)")
OPTIONS = ("", "", "", ", fastmath=True", ", error_model='numpy'", ", parallel=True")
ARRAYS = ("x", "x[::2]", "x[1:]", "x[::-1]")
LOST = {"crashed", "timed out"}
PHASES = ("interpreted", "cold", "warm")

# Runs one phase of many programs, each in a child of its own; answers in a file a program.
RUNNER = """\
import importlib.util, json, os, signal, sys
phase, folder, remedy = sys.argv[1:4]
import numpy, numba
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
def misses(module):
    return sum(sum(f.stats.cache_misses.values()) for f in vars(module).values()
               if hasattr(f, "stats") and f.stats.cache_path)
def answer(name):
    module = load(name, os.path.join(folder, name + ".py"))
    value = module.run()
    return {"value": [float(v) for v in value], "misses": misses(module)}
if phase == "interpreted":
    # These compile even where NUMBA_DISABLE_JIT is set.
    def plain(*_, **settings):
        def decorate(function):
            function.ctypes = function
            return function
        return decorate
    numba.cfunc = numba.vectorize = plain
else:
    if remedy:
        load("remedy", remedy).install()
    waker = load("waker", os.path.join(folder, "waker", "waker.py"))
    waker.run()
    assert misses(waker) == (phase == "cold"), "the waker was compiled again"
for name in sorted(f[:-3] for f in os.listdir(folder) if f.endswith(".py")):
    child = os.fork()
    if not child:
        import resource
        signal.alarm(300)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            found = answer(name)
        except Exception as error:
            found = {"raised": type(error).__name__, "message": str(error)[-2000:]}
        with open(os.path.join(folder, name + "." + phase), "w") as file:
            json.dump(found, file)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        how = status & 127 or -(status >> 8)
        with open(os.path.join(folder, name + "." + phase), "w") as file:
            json.dump({"timed out" if how == signal.SIGALRM else "crashed": how}, file)
"""
WAKER = """\
from numba import njit

@njit(cache=True)
def wake(n):
    return n + 1

def run():
    wake(1)
"""


class Function(NamedTuple):
    """One function of a cycle: what its parameters are, and what it says of their types."""

    has_array: bool
    has_more: bool  # a parameter b beside n and a
    default: str | None  # of its last parameter
    signature: str | None

    @property
    def parameters(self) -> list[str]:
        """Its parameters as it declares them."""
        names = ["n", *(["x"] if self.has_array else []), "a", *(["b"] if self.has_more else [])]
        return [*names[:-1], names[-1] + (f"={self.default}" if self.default else "")]


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Return the source of a program: a cycle of one to four functions, and what starts it."""
    size = draw(st.integers(1, 4))
    has_array = draw(st.booleans())
    cycle = [draw(functions(has_array, last=index == size - 1)) for index in range(size)]
    lines = ["import numpy as np", "from numba import cfunc, njit, vectorize", ""]
    for index, function in enumerate(cycle):
        cached = draw(st.sampled_from(("True", "True", "True", "False")))
        signature = function.signature + ", " if function.signature else ""
        lines += [
            f"@njit({signature}cache={cached}{draw(st.sampled_from(OPTIONS))})",
            f"def f{index}({', '.join(function.parameters)}):",
            *draw(bodies(index, cycle)),
            "",
        ]
    lines += draw(starts(cycle))
    return "\n".join(lines) + "\n"


@st.composite
def functions(draw: st.DrawFn, has_array: bool, *, last: bool) -> Function:
    """Return a function's head.

    Only the last of a cycle can have a signature: the others would call what is not there yet.
    """
    has_more = draw(st.booleans())
    if not last or not draw(st.sampled_from((True, False, False, False))):
        return Function(has_array, has_more, draw(st.sampled_from((*NUMBERS[:5], None))), None)
    # No type that an argument does not fit into, or its own is not Python's value.
    array, more = ["int64[:]"] * has_array, ["float64"] * has_more
    given = ["float64", "int64"] if draw(st.booleans()) and not has_more else ["float64"]
    texts = [f"({', '.join(['int64', *array, one, *more])})" for one in given]
    return Function(has_array, has_more, None, str(texts if len(texts) > 1 else repr(texts[0])))


@st.composite
def bodies(draw: st.DrawFn, index: int, cycle: list[Function]) -> list[str]:
    """Return the lines of one function, which calls the next of the cycle and perhaps another."""
    function = cycle[index]
    others = [
        (index + 1) % len(cycle),
        *draw(st.lists(st.integers(0, len(cycle) - 1), max_size=1)),
    ]
    terms = [draw(calls(other, cycle[other], "n - 1", values(function))) for other in others]
    shapes = ("{}", "{} + 1", "0.5 * {}", "{} + a", "n - {}", "abs({})")
    shape = draw(st.sampled_from((*shapes, *(["{} + b"] if function.has_more else []))))
    ends = [end for end in ENDS if function.has_more or "b" not in end]
    end = draw(st.sampled_from((*ends, *(["x[0]", "len(x) + a"] if function.has_array else []))))
    result = " + ".join([shape.format(terms[0]), *terms[1:]])
    if draw(st.booleans()):
        return [f"    return {end} if n <= 0 else {result}"]
    middle = draw(st.sampled_from(ends))
    return [
        "    if n <= 0:",
        f"        return {end}",
        "    if n == 2:",
        f"        return {middle} + {terms[-1]}",
        f"    return {result}",
    ]


def values(function: Function) -> tuple[str, ...]:
    """Return what a function may hand on."""
    return tuple(
        v
        for v in VALUES
        if function.has_more or (v not in {"b", "a + b", "b + 1"} and "(b" not in v)
    )


@st.composite
def calls(draw: st.DrawFn, callee: int, function: Function, n: str, given: tuple[str, ...]) -> str:
    """Return a call of a function of the cycle; by a name, as often as not, what is its last."""
    arguments = [n]
    if function.has_array:
        arguments.append("x" if given is NUMBERS else draw(st.sampled_from(ARRAYS)))
    arguments.append(draw(st.sampled_from(given)))
    if function.has_more:
        arguments.append(draw(st.sampled_from(given)))
    if function.default and draw(st.booleans()):
        arguments.pop()
    elif draw(st.booleans()):
        arguments[-1] = f"{'b' if function.has_more else 'a'}={arguments[-1]}"
    return f"f{callee}({', '.join(arguments)})"


@st.composite
def starts(draw: st.DrawFn, cycle: list[Function]) -> list[str]:
    """Return the lines of `run`, which calls the cycle itself or through something compiled.

    Once or twice: with other types, and perhaps by another of its functions.
    """
    has_array = cycle[0].has_array
    array = "np.arange(8)" if has_array else "None"
    kind = draw(st.sampled_from(("plain", "plain", "called", "called", "ufunc", "cfunc")))
    first = draw(calls(0, cycle[0], "n", NUMBERS))
    if kind == "plain":
        entry = draw(st.integers(0, len(cycle) - 1))
        more = [draw(calls(entry, cycle[entry], "3", NUMBERS))] if draw(st.booleans()) else []
        listed = ", ".join([f"*[{first} for n in (5, 4, 0)]", *more])
        return ["def run():", f"    x = {array}", f"    return [{listed}]"]
    if kind == "called" or has_array:
        head = f"@njit(cache={draw(st.sampled_from((True, True, False)))})"
        parameters, seen = "n, x", f"start(n, {array if has_array else '0'})"
    elif kind == "ufunc":
        head, parameters, seen = "@vectorize(['float64(int64)'], cache=True)", "n", "start(n)"
    else:
        head, parameters, seen = "@cfunc('float64(int64)', cache=True)", "n", "start.ctypes(n)"
    return [
        head,
        f"def start({parameters}):",
        f"    return {first}",
        "",
        "def run():",
        f"    return [{seen} for n in (5, 4, 0)]",
    ]


def generate(number: int, start: int) -> list[str]:
    """Return so many different programs, the same for the same seed."""
    found: dict[str, None] = {}

    @seed(start)
    @settings(
        max_examples=number * 2,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def collect(program: str) -> None:
        found[program] = None

    collect()
    return list(found)[-number:]


def run_all(python: str, folder: Path, remedy: str) -> dict[str, dict[str, dict[str, object]]]:
    """Run all programs of a folder; return what each phase of each gave."""
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
    clean = {k: v for k, v in os.environ.items() if k in kept or k.startswith("OPENBLAS_")}
    (folder / "waker").mkdir(exist_ok=True)
    (folder / "waker" / "waker.py").write_text(WAKER, encoding="utf-8")
    for phase in PHASES:
        settings_ = {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONWARNINGS": "ignore"}
        if phase == "interpreted":
            settings_["NUMBA_DISABLE_JIT"] = "1"
        subprocess.run(
            [python, "-c", RUNNER, phase, str(folder), remedy], env=clean | settings_, check=True
        )
    return {
        source.stem: {
            phase: json.loads(source.with_suffix("." + phase).read_text(encoding="utf-8"))
            for phase in PHASES
        }
        for source in sorted(folder.glob("*.py"))
    }


def judge(phases: dict[str, dict[str, object]]) -> str:
    """Return the one word for a program: hit, recompiled, refused, or what went wrong where."""
    first = judge_first(phases)
    lost = find_lost(phases, PHASES)
    if lost or first != "right":
        return lost or first
    truth, warm = phases["interpreted"]["value"], phases["warm"].get("value")
    if warm is None:
        return f"raised warm {phases['warm']['raised']}"
    if not agree(truth, warm):
        return "wrong warm"
    return "recompiled" if phases["warm"]["misses"] else "hit"


def judge_first(phases: dict[str, dict[str, object]]) -> str:
    """Return the one word for its first process alone: right, refused, or what went wrong."""
    if lost := find_lost(phases, PHASES[:2]):
        return lost
    truth, cold = (phases[phase].get("value") for phase in PHASES[:2])
    if truth is None:
        return f"raises as Python {phases['interpreted']['raised']}"
    if cold is None:
        settles = "8882" not in str(phases["cold"]["message"])
        return f"refused {phases['cold']['raised']}" if settles else "refused, numba#8882"
    return "right" if agree(truth, cold) else "wrong cold"


def find_lost(phases: dict[str, dict[str, object]], names: tuple[str, ...]) -> str:
    """Return which of these phases left no answer, and how it ended; nothing if each did."""
    ends = (f"{how} {n} {phases[n][how]}" for n in names for how in phases[n].keys() & LOST)
    return next(ends, "")


def agree(left: object, right: object) -> bool:
    """Whether two lists of numbers are the same but for rounding."""
    assert isinstance(left, list)
    assert isinstance(right, list)
    return all(abs(a - b) <= 1e-6 * max(1, abs(a)) for a, b in zip(left, right, strict=True))


def compare(python: str, folder: Path, refused: list[str]) -> None:
    """Run what the remedy refuses without it, and print what that does."""
    folder.mkdir()
    for name in refused:
        shutil.copy(folder.parent / f"{name}.py", folder)
    alone = run_all(python, folder, "")
    ends = {name: judge_first(phases) for name, phases in alone.items()}
    for name in (name for name, end in ends.items() if not end.startswith("refused")):
        print(name, "Numba alone:", ends[name] + ", then", judge(alone[name]))
    print("Numba alone, first process:", dict(collections.Counter(ends.values()).most_common()))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python")
    parser.add_argument("number", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    remedy = parser.add_mutually_exclusive_group()
    remedy.add_argument("--without", action="store_true", help="without the remedy")
    remedy.add_argument("--beside", action="store_true", help="and what it refuses, without it")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for index, program in enumerate(generate(chosen.number, chosen.seed)):
            (folder / f"p{index:04}.py").write_text(program, encoding="utf-8")
        results = run_all(chosen.python, folder, "" if chosen.without else str(REMEDY))
        verdicts = {name: judge(phases) for name, phases in results.items()}
        if chosen.beside:
            refused = [name for name, word in verdicts.items() if word.startswith("refused")]
            compare(chosen.python, folder / "alone", refused)
    bad = {n: v for n, v in verdicts.items() if v.startswith(("crashed", "wrong", "raised"))}
    for name, verdict in bad.items():
        print(name, verdict)
    print(dict(collections.Counter(verdicts.values()).most_common()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
