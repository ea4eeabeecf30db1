# SPDX-License-Identifier: BSD-2-Clause
"""The process in which somebody's file is imported, called and watched.

In: an order (JSON: file, function, calls, where the answer goes). Out: the answer, what was seen as
JSON, written whole whenever it is known, so that a call that ends the process has not hidden it.
CPython 3.6 or newer, the standard library and Numba.
"""

import importlib.util
import inspect
import json
import os
import shlex
import sys
import types as pytypes

from ..explain import hazards
from ..explain.cause import cause, merged, where, wrong
from ..explain.hazards import function_of
from .exports import build, exporters, place_of
from .watch import Watch, unimportable

# What Python puts first where it runs this package by its folder.
STARTED_FROM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Unfit(Exception):
    """What was asked for is not there."""


def perform(order):
    """Carry out the order and write the answer."""
    answer, plain = Answer(order), False
    try:
        answer.watched()
        module = import_file(order["file"])
        answer.module = module
        if order["function"]:
            answer.function, plain = named(module, order["function"])
        calls = order["calls"] or (["run()"] if takes_nothing(module, "run") else [])
        if order["export"] or not (calls or order["tests"] is not None):
            answer.built = [build(thing, answer) for thing in exporters(module, answer.function)]
        else:
            answer.exports = [thing.name for thing in exporters(module, answer.function)]
            call(module, calls, answer) if order["tests"] is None else run_tests(order, answer)
        if plain and not (exporters(module, answer.function) or answer.made()):
            answer.unfit = f"{order['function']} is no compiled function; {compiled_ones(module)}"
    except Unfit as error:
        answer.unfit = str(error)
    answer.write(done=True)


class Answer:
    """What is known so far."""

    def __init__(self, order):
        self.order, self.watch, self.types = order, Watch(), None
        self.process = os.getpid()
        self.module, self.function, self.unfit = None, None, None
        self.exports, self.calls, self.built, self.raised = [], [], [], None

    def watched(self):
        """Begin to watch; raises Unfit where there is no Numba, or none that compiles."""
        try:
            import numba
        except Exception as error:  # whatever an unfit NumPy makes it raise
            raise Unfit(unimportable(error)) from error
        if numba.config.DISABLE_JIT:
            raise Unfit("NUMBA_DISABLE_JIT is set, so nothing is compiled: unset it")
        self.types = numba.types
        self.watch.settled = self.write
        self.watch.install()

    def write(self, *, done=False):
        """Write the answer, whole or not at all; what a program forks off has none of its own."""
        if os.getpid() != self.process:
            return
        path = self.order["answer"]
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(dict(self.facts(), done=done), file)
        os.replace(path + ".part", path)

    def wanted(self, function):
        """Whether a function is asked about: the one that is named, with tests those of the file.

        With tests by where it lies: they may import the file a second time, under another name.
        """
        if self.function is not None:
            return self._same(function, self.function)
        return self.order["tests"] is None or self._lies_in_the_file(function)

    def _same(self, one, other):
        by_place = self.order["tests"] is not None and place_of(one) == place_of(other)
        return one is other or by_place

    def _lies_in_the_file(self, function):
        place = place_of(function)
        return bool(place) and place[0] == place_of(self.order["file"])

    def made(self):
        """Return the functions asked about that were compiled."""
        made = [*self.watch.made, *(entry.function for entry in self.watch.stored)]
        return list(filter(self.wanted, made))

    def uncompiled(self):
        """Return the names of the file's functions that are Numba's and were not compiled."""
        if self.function is not None or self.module is None:
            return []
        made = self.made()
        ours = {
            function_of(thing): name
            for name, thing in sorted(vars(self.module).items())
            if self._lies_in_the_file(function_of(thing))
            and not exporters(self.module, function_of(thing))
        }
        return sorted(n for f, n in ours.items() if not any(self._same(f, one) for one in made))

    def elsewhere(self):
        """Return what the tests store that does not survive and lies in another file."""
        if self.function is not None or self.order["tests"] is None:
            return []
        others = stored(self.watch, self.types, lambda function: not self.wanted(function))
        return [one for one in others if not one["survives"]]

    def facts(self):
        """Return what is known as JSON holds it."""
        if self.types is None:
            return {"unfit": self.unfit}
        numba = sys.modules["numba"]
        return dict(
            findings(self.watch, self.types, self.wanted, self.built),
            unfit=self.unfit,
            compiled=len(self.made()),
            uncompiled=self.uncompiled(),
            elsewhere=self.elsewhere(),
            numba=numba.__version__,
            remedy=bool(getattr(numba, "_numba_matrix_remedy", None)),
            exports=self.exports,
            built=[
                {k: v for k, v in built.items() if k not in ("edges", "causes")}
                for built in self.built
            ],
            calls=self.calls,
        )


def findings(watch, types, wanted=lambda _: True, built=()):
    """Return what is stored of the `wanted` functions, what is wrong with it and why, as JSON."""
    entries = [entry for entry in watch.stored if wanted(entry.function)]
    loaded = hazards.loaded(watch.stored, types)
    ending = [entry for entry in entries if hazards.ends_a_process(entry, types, loaded)]
    open_names = {name for entry in ending for name in entry.symbols}
    uncached = [
        dict(where(dispatcher.py_func), signature=_args(result.signature.args))
        for dispatcher, result in watch.uncached()
        if wanted(dispatcher.py_func)
    ]
    causes = [cause(edge, watch.edges, types) for edge in watch.open_calls(open_names)]
    for one in built:
        causes += [cause(edge, watch.edges, types, exported=True) for edge in one["edges"]]
        causes += one["causes"]
    if not getattr(sys.modules["numba"], "_numba_matrix_remedy", None):  # it sees to that
        read = [(e, r) for e, r in watch.wrong_calls(types) if any(map(wanted, e.cycle()))]
        causes += [wrong(edge, returns) for edge, returns in read]
    return {
        "stored": stored(watch, types, wanted),
        "uncached": uncached,
        "refused": [
            dict(where(entry.function or entry.name), signature=_args(entry.args))
            for entry in watch.refused
            if wanted(entry.function)
        ],
        "causes": merged(causes),
        "warnings": hazards.warnings(entries, types),
    }


def stored(watch, types, wanted):
    """Return what is stored of the `wanted` functions and what becomes of it, as JSON."""
    known = {edge.symbol for edge in watch.edges}
    loaded = hazards.loaded(watch.stored, types)
    return [
        dict(
            where(entry.function or entry.name),
            signature=_args(entry.args),
            kind="kernel" if entry.kernel else "function",
            survives=not (
                hazards.ends_a_process(entry, types, loaded) or entry.error or entry.unread
            ),
            open=bool(entry.symbols),
            calls_loaded=not loaded.isdisjoint(entry.symbols),
            loaded_by=hazards.loaded_by(entry, types),
            objmode=entry.block,
            error=entry.error,
            unread=entry.unread,
            calls_unknown=sorted(set(entry.symbols) - known),
            during=entry.during,
        )
        for entry in watch.stored
        if wanted(entry.function)
    ]


def _args(args):
    return ", ".join(map(str, args))


def import_file(path):
    """Import a file as `python FILE`, or as the module of a package where it lies in one."""
    folder, file = os.path.split(os.path.abspath(path))
    if importlib.util.spec_from_file_location("program", path) is None:
        raise Unfit(
            f"{path} is no Python file: its name does not end in .py. Copy the program (of a"
            " notebook the cells of code) into one that does"
        )
    parts = [os.path.splitext(file)[0]]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    if parts[-1] == "__init__":
        parts.pop()
    if sys.path[:1] == [STARTED_FROM]:
        del sys.path[0]  # where this was started from
    sys.path.insert(0, folder)
    sys.argv[:] = [path]
    try:
        if len(parts) > 1:
            return importlib.import_module(".".join(parts))
        spec = importlib.util.spec_from_file_location(parts[0], path)
        module = sys.modules[parts[0]] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise Unfit(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def named(module, name):
    """Return the function behind a name in the file, and whether nothing wraps it; raises Unfit."""
    thing = module
    for word in name.split("."):
        if not hasattr(thing, word):
            raise Unfit(f"there is no {name} in the file; {compiled_ones(thing)}")
        thing = getattr(thing, word)
    # Which a module may export, or a jitted function inline.
    plain = type(thing) is pytypes.FunctionType
    function = thing if plain else function_of(thing)
    if function is None:
        raise Unfit(f"{name} is no compiled function; {compiled_ones(module)}")
    return function, plain


def compiled_ones(module):
    """Return in words which functions of a module Numba compiles."""
    names = sorted(name for name, thing in vars(module).items() if function_of(thing))
    return f"it has {', '.join(names) or 'none'}"


def call(module, calls, answer):
    """Make the calls that were asked for, or the file's own `run()`."""
    for text in calls:
        made = {"call": text, "raised": None}
        answer.calls.append(made)
        answer.watch.during = None if text == "run()" else text
        try:
            eval(compile(text, "--call", "eval"), vars(module))  # noqa: S307 (as asked)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a call raises)
            made["raised"] = f"{type(error).__name__}: {error}"


def takes_nothing(module, name):
    """Whether a module has a function of this name that can be called without arguments."""
    try:
        inspect.signature(getattr(module, name)).bind()
    except Exception:  # noqa: BLE001 (whatever a name that is no function makes of it)
        return False
    return True


def run_tests(order, answer):
    """Run somebody's tests with pytest and watch what they compile; raises Unfit without it."""
    try:
        import pytest
    except ImportError as error:
        raise Unfit(f"--from-tests needs pytest in this environment: {error}") from error
    from . import pytest_plugin

    words = order["tests"]
    plugin = pytest_plugin.Naming(answer.watch)
    # The plugin is imported before pytest could rewrite it, and theirs may make that an error.
    quiet = ["-W", "ignore:Module already imported"]
    status = pytest.main([*shlex.split(words), *quiet], plugins=[plugin])
    made = {"call": "pytest " + words, "raised": None}
    if status:
        made.update(raised=f"ended with status {int(status)}", status=int(status))
    answer.calls.append(made)
