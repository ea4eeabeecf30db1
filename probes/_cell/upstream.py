"""Numba's own tests of what the probes are about, as evidence beside them.

In: a job. Out: for each of its suites what came of it, as a line of the job's. The suites go one by
one, each in a process that writes a line of JSON per test as it ends, so that a suite that crashes
has said how far it came.
"""

import importlib
import json
import os
import sys
import unittest

import contain
import observe
import patched
from surroundings import phase_environment

HERE = os.path.dirname(os.path.abspath(__file__))
# Python runs a module of this name first of all: tests start processes of their own.
AT_START = """\
import sys
sys.path.insert(0, {here!r})
import patched
sys.path.remove({here!r})
patched.AfterNumba.patch = {patch!r}
sys.meta_path.insert(0, patched.AfterNumba)
"""
KINDS = ("passed", "failed", "skipped")


class Recorder(unittest.TestResult):
    """Writes down how each test ended. A test that raises anything but an assertion has failed."""

    def __init__(self, path):
        super().__init__()
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def say(self, test, kind):
        self.file.write(json.dumps({"test": test.id(), "kind": kind}) + "\n")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say(test, "passed")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.say(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "skipped")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(test, "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self.say(test, "failed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.say(test, "failed")


def load_first(names):
    """Return the tests of the first name that this release has, or None.

    A name that is there but cannot be imported is not absent: its error is raised.
    """
    for name in names:
        module, _, rest = name.partition(":")
        try:
            loaded = __import__(module, fromlist=["*"])
        except ImportError as error:
            if getattr(error, "name", None) != module:
                raise
            continue
        if not rest:
            return unittest.defaultTestLoader.loadTestsFromModule(loaded)
        if hasattr(loaded, rest):
            return unittest.defaultTestLoader.loadTestsFromTestCase(getattr(loaded, rest))
    return None


def summary(path, ending):
    """Return what a suite's results file and the end of its process come to."""
    if not os.path.exists(path):
        open(path, "w").close()
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    tests = [line for line in lines if "test" in line]
    counted = {kind: sum(1 for test in tests if test["kind"] == kind) for kind in KINDS}
    how = (
        "timed_out" if ending.timed_out else ending.signal or ("" if not ending.code else "raised")
    )
    return dict(
        counted,
        absent={"absent": True} in lines,
        ended=how,
        failures=[test["test"] for test in tests if test["kind"] == "failed"],
        wall_s=round(ending.wall_s, 2),
    )


def carry_out(job, python):
    """Run the suites of a job, within the bounds of a phase but with their own time limit."""
    for name, suite in sorted(job.get("upstream", {}).items()):
        results = os.path.join(job["scratch"], "results", "upstream." + name)
        os.makedirs(os.path.dirname(results), exist_ok=True)
        environment = phase_environment(job["scratch"], "upstream")
        command = python
        if suite["patch"]:
            # Python's -E is for settings of the user's, and has none to keep away here.
            command = [word for word in python if word != "-E"]
            environment["PYTHONPATH"] = at_start(suite["patch"], results + ".start")
        order = json.dumps(dict(suite, results=results))
        ending = contain.run_command(
            command + [os.path.join(HERE, "upstream.py"), order],
            environment,
            job["scratch"],
            job["upstream_timeout_s"],
        )
        observe.append(job["out"], {"upstream": name, "result": summary(results, ending)})


def at_start(patch, folder):
    """Make a folder which, in a PYTHONPATH, has every Python run the patch once it imports Numba."""
    os.makedirs(folder)
    with open(os.path.join(folder, "sitecustomize.py"), "w", encoding="utf-8") as file:
        file.write(AT_START.format(here=HERE, patch=patch))
    return folder


def main(order):
    if order["patch"]:
        importlib.import_module("numba")
        if patched.PATCH not in sys.modules:
            raise RuntimeError("the patch was not run: this would be a result of Numba as it is")
    tests = load_first(order["names"])
    if tests is None:
        with open(order["results"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"absent": True}) + "\n")
        return
    tests.run(Recorder(order["results"]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
