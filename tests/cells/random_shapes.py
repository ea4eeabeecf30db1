"""Random recursions, each run as Python, then cold, then warm, with the remedy.

In: the Python of a cell, how many programs, a seed. Out: one line a program that did not agree, and
a count of how they ended. Exit status 1 if one crashed or gave another value than Python.

    python tests/cells/random_shapes.py PYTHON NUMBER [SEED] [--without] [--keep FOLDER]

The programs are made here, by Hypothesis; the cell's Python runs them, each phase of each in a
process of its own, forked from one that has imported Numba and nothing else.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

REMEDY = Path(__file__).resolve().parents[2] / "matrix" / "user" / "remedy.py"
NUMBERS = ("1", "2", "0.5", "1.5", "True", "np.int64(1)", "np.float64(2.5)", "np.int32(3)")
VALUES = ("a", "b", "a + b", "b + 1", "a + 0.5", "np.float64(a)", "np.int64(b)", *NUMBERS)
ENDS = ("0", "1", "1.5", "a", "b", "a + b", "n", "True", "np.float32(0.5)")
OPTIONS = ("", "", "", ", fastmath=True", ", error_model='numpy'", ", parallel=True")
ARRAYS = ("x", "x[::2]", "x[1:]", "x[::-1]")

# Runs one phase of many programs, each in a child of its own; answers in a file a program.
RUNNER = """\
import importlib.util, json, os, sys, traceback
phase, folder, remedy = sys.argv[1:4]
import numpy, numba
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
if remedy and phase != "interpreted":
    load("remedy", remedy).install()
def answer(name):
    module = load(name, os.path.join(folder, name + ".py"))
    value = module.run()
    misses = sum(sum(f.stats.cache_misses.values()) for f in vars(module).values()
                 if hasattr(f, "stats") and f.stats.cache_path)
    return {"value": [float(v) for v in value], "misses": misses}
for name in sorted(f[:-3] for f in os.listdir(folder) if f.endswith(".py")):
    child = os.fork()
    if not child:
        import signal, resource
        signal.alarm(120)
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
        with open(os.path.join(folder, name + "." + phase), "w") as file:
            json.dump({"crashed": status & 127 or -(status >> 8)}, file)
"""


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Return the source of a program: a cycle of one to four functions, and what starts it."""
    size = draw(st.integers(1, 4))
    options = st.sampled_from(OPTIONS)
    has_array = draw(st.booleans())
    defaults = [draw(st.sampled_from((*NUMBERS[:5], None))) for _ in range(size)]
    lines = ["import numpy as np", "from numba import njit, vectorize", ""]
    for index in range(size):
        default = defaults[index]
        parameters = [
            "n",
            "a",
            *(["x"] if has_array else []),
            "b" + (f"={default}" if default else ""),
        ]
        lines += [
            f"@njit(cache={draw(st.sampled_from((True, True, True, False)))}{draw(options)})",
            f"def f{index}({', '.join(parameters)}):",
            *draw(bodies(index, defaults, has_array)),
            "",
        ]
    lines += draw(starts(defaults[0] is not None, has_array))
    return "\n".join(lines) + "\n"


@st.composite
def bodies(draw: st.DrawFn, index: int, defaults: list[str | None], has_array: bool) -> list[str]:
    """Return the lines of one function, which calls the next of the cycle and perhaps another."""
    others = [
        (index + 1) % len(defaults),
        *draw(st.lists(st.integers(0, len(defaults) - 1), max_size=1)),
    ]
    terms = [draw(calls(other, defaults[other] is not None, has_array)) for other in others]
    shape = draw(
        st.sampled_from(("{}", "{} + 1", "0.5 * {}", "{} + a", "n - {}", "{} + b", "abs({})"))
    )
    end = draw(st.sampled_from((*ENDS, *(["x[0]", "len(x) + a"] if has_array else []))))
    first = shape.format(terms[0])
    result = " + ".join([first, *terms[1:]])
    if draw(st.booleans()):
        return [f"    return {end} if n <= 0 else {result}"]
    middle = draw(st.sampled_from(ENDS))
    return [
        "    if n <= 0:",
        f"        return {end}",
        "    if n == 2:",
        f"        return {middle} + {terms[-1]}",
        f"    return {result}",
    ]


@st.composite
def calls(draw: st.DrawFn, callee: int, has_default: bool, has_array: bool) -> str:
    """Return a call of a function of the cycle, one level further down."""
    arguments = ["n - 1", draw(st.sampled_from(VALUES))]
    if has_array:
        arguments.append(draw(st.sampled_from(ARRAYS)))
    if not has_default or draw(st.booleans()):
        arguments.append(draw(st.sampled_from(VALUES)))
    return f"f{callee}({', '.join(arguments)})"


@st.composite
def starts(draw: st.DrawFn, has_default: bool, has_array: bool) -> list[str]:
    """Return the lines of `run`, which calls the cycle itself or through something compiled."""
    seeds = [draw(st.sampled_from(NUMBERS))]
    if has_array:
        seeds.append("x")
    if not has_default or draw(st.booleans()):
        seeds.append(draw(st.sampled_from(NUMBERS)))
    inner = f"f0(n, {', '.join(seeds)})"
    kind = draw(st.sampled_from(("plain", "plain", "called", "ufunc")))
    array = "np.arange(8)" if has_array else "None"
    if kind == "plain":
        return ["def run():", f"    x = {array}", f"    return [{inner} for n in (5, 4, 0)]"]
    if kind == "called" or has_array:
        return [
            "@njit(cache=True)",
            "def start(n, x):",
            f"    return {inner}",
            "",
            "def run():",
            f"    return [start(n, {array if has_array else '0'}) for n in (5, 4, 0)]",
        ]
    return [
        "@vectorize(['float64(int64)'], cache=True)",
        "def start(n):",
        f"    return {inner}",
        "",
        "def run():",
        "    return [start(n) for n in (5, 4, 0)]",
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
    for phase in ("interpreted", "cold", "warm"):
        settings_ = {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONWARNINGS": "ignore"}
        if phase == "interpreted":
            settings_["NUMBA_DISABLE_JIT"] = "1"
        subprocess.run(
            [python, "-c", RUNNER, phase, str(folder), remedy], env=clean | settings_, check=True
        )
    return {
        source.stem: {
            phase: json.loads(source.with_suffix("." + phase).read_text(encoding="utf-8"))
            for phase in ("interpreted", "cold", "warm")
        }
        for source in sorted(folder.glob("*.py"))
    }


def judge(phases: dict[str, dict[str, object]]) -> str:
    """Return the one word for a program: hit, recompiled, refused, or what went wrong where."""
    for phase in ("interpreted", "cold", "warm"):
        if "crashed" in phases[phase]:
            return f"crashed {phase} {phases[phase]['crashed']}"
    truth, cold, warm = (phases[phase].get("value") for phase in ("interpreted", "cold", "warm"))
    if truth is None:
        return f"raises as Python {phases['interpreted']['raised']}"
    if cold is None:
        settles = "8882" not in str(phases["cold"]["message"])
        return f"refused {phases['cold']['raised']}" if settles else "refused, numba#8882"
    if not agree(truth, cold):
        return "wrong cold"
    if warm is None:
        return f"raised warm {phases['warm']['raised']}"
    if not agree(truth, warm):
        return "wrong warm"
    return "recompiled" if phases["warm"]["misses"] else "hit"


def agree(left: object, right: object) -> bool:
    """Whether two lists of numbers are the same but for rounding."""
    assert isinstance(left, list)
    assert isinstance(right, list)
    return all(abs(a - b) <= 1e-6 * max(1, abs(a)) for a, b in zip(left, right, strict=True))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python")
    parser.add_argument("number", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--without", action="store_true", help="without the remedy")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for index, program in enumerate(generate(chosen.number, chosen.seed)):
            (folder / f"p{index:04}.py").write_text(program, encoding="utf-8")
        results = run_all(chosen.python, folder, "" if chosen.without else str(REMEDY))
    verdicts = {name: judge(phases) for name, phases in results.items()}
    bad = {n: v for n, v in verdicts.items() if v.startswith(("crashed", "wrong", "raised"))}
    for name, verdict in bad.items():
        print(name, verdict)
    print(dict(collections.Counter(verdicts.values()).most_common()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
