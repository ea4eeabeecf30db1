# SPDX-License-Identifier: BSD-2-Clause
"""`pytest --numba-recursion`: fails a session whose tests compile what the next process dies of.

Without the option nothing is imported and nothing changes. With it caches are neither read nor
written: all is compiled afresh and looked into. CPython 3.6 or newer, pytest, Numba.
"""

import pytest

NAME = "numba-recursion-watch"
OUTPUT = "numba_recursion"  # of a worker of pytest-xdist's


def pytest_addoption(parser):
    parser.getgroup("numba").addoption(
        "--numba-recursion",
        action="store_true",
        help="fail if what the tests compile does not survive its cache (numba#6061)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Begin before any conftest compiles anything."""
    if early_config.known_args_namespace.numba_recursion:
        early_config.pluginmanager.register(Recursion(), NAME)


class Naming:
    """Tells the watch what runs."""

    def __init__(self, watch):
        self.watch = watch

    def pytest_collectstart(self, collector):
        self.watch.during = f"the import of {collector.nodeid}" if collector.nodeid else None

    def pytest_collection_finish(self):
        self.watch.during = None

    def pytest_runtest_logstart(self, nodeid):
        self.watch.during = f"the test {nodeid}"

    def pytest_runtest_logfinish(self):
        self.watch.during = None


class Recursion(Naming):
    """Watches a session, or gathers what the workers of one saw, and fails it."""

    def __init__(self):
        from .watch import Watch, unimportable

        super().__init__(Watch())
        self.found, self.lost, self.compiled = [], [], 0
        try:
            import numba
        except Exception as error:  # noqa: BLE001 (whatever an unfit NumPy makes it raise)
            raise pytest.UsageError(f"--numba-recursion: {unimportable(error)}")  # noqa: B904
        if numba.config.DISABLE_JIT:
            raise pytest.UsageError("--numba-recursion: NUMBA_DISABLE_JIT is set: unset it")
        self.types = numba.types
        self.watch.install()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        """Take what a worker saw; one that crashed has seen nothing."""
        self._take(getattr(node, "workeroutput", {}).get(OUTPUT, ([], [], 0)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        from ..explain import sentences
        from .subject import findings

        seen = findings(self.watch, self.types)
        lost = [
            [one["name"], one["signature"], sentences.fate(one)]
            for one in seen["stored"]
            if not one["survives"]
        ]
        seen = (seen["causes"], lost, len(set(self.watch.made)))
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[OUTPUT] = seen
            return
        self._take(seen)
        if (self.found or self.lost) and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _take(self, seen):
        from ..explain.cause import merged

        self.found = merged([*self.found, *seen[0]])
        self.lost += [one for one in seen[1] if one not in self.lost]
        self.compiled += seen[2]

    def pytest_terminal_summary(self, terminalreporter):
        from ..explain import sentences

        functions = "1 function" if self.compiled == 1 else f"{self.compiled} functions"
        terminalreporter.write_line(
            f"numba-recursion: {functions} compiled by the tests' own processes; what they start is"
            " not watched: numba-matrix check --cache DIR searches what it stored"
        )
        if not (self.found or self.lost):
            return
        terminalreporter.section("recursion that does not survive", red=True)
        for name, signature, fate in self.lost:
            terminalreporter.write_line(f"{name}({signature}): {fate}")
        for line in sentences.told(self.found):
            terminalreporter.write_line(line)

    def pytest_unconfigure(self, config):
        """Say last that this fails: the line above says that all tests passed."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter and (self.found or self.lost):
            reporter.write_line("numba-recursion: FAILED for the recursion that is told of above")
