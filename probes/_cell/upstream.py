"""Numba's own tests of what the probes are about, as evidence beside them.

In: a results file and the names a suite goes by in one release or another. Out: one line of JSON
per test, written as each ends, so that a suite that crashes has said how far it came.
"""

import json
import os
import sys
import unittest

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


def main(path, names):
    tests = load_first(names)
    if tests is None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"absent": True}) + "\n")
        return
    tests.run(Recorder(path))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
