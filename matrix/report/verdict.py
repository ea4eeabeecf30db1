"""The verdict, given by pytest: one test per claim, one per probe that must be alike everywhere.

In: a `Verdict`. Out: junit.xml, which names every cell that breaks a claim, and whether all passed.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from ..errors import MatrixError
from ..judge.changes import Span, story
from ..judge.judge import UNCLAIMED, Judgement, Unlike, Verdict
from ..model.files import ROOT

CLAIM_TESTS = "tests/claims/test_claims.py"
SETTINGS = "tests/claims/pytest.ini"
USERS = "PYTEST_"  # begins what the environment tells pytest: options, plugins


class VerdictPlugin:
    """Gives the tests in tests/claims what they are about."""

    def __init__(
        self, verdict: Verdict, probes: tuple[str, ...], spans: Mapping[str, Sequence[Span]]
    ) -> None:
        self.spans = spans
        self.by_claim: dict[str, list[Judgement]] = {}
        for judgement in verdict.judgements:
            self.by_claim.setdefault(judgement.id, []).append(judgement)
        self.unlike: dict[str, list[Unlike]] = {probe: [] for probe in probes}
        for unlike in verdict.unlike:
            self.unlike[unlike.probe].append(unlike)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of every claim and of every probe."""
        if "judgements" in metafunc.fixturenames:
            claimed = metafunc.function.__name__ == "test_claim"
            those = {
                name: (found, self.story(found[0].probe))
                for name, found in self.by_claim.items()
                if (found[0].kind != UNCLAIMED) is claimed
            }
            metafunc.parametrize(("judgements", "told"), those.values(), ids=those.keys())
        if "unlike" in metafunc.fixturenames:
            metafunc.parametrize("unlike", self.unlike.values(), ids=self.unlike.keys())

    def story(self, probe: str) -> list[str]:
        """Return since which release the probe does what it does, if it ever did otherwise."""
        spans = self.spans[probe]
        return story(probe, spans) if len(spans) > 1 else []


def give(
    verdict: Verdict,
    probes: tuple[str, ...],
    spans: Mapping[str, Sequence[Span]],
    junit: Path,
) -> bool:
    """Run the claim tests over the verdict; return whether all passed.

    `spans` are what each probe did, release by release: a claim that fails tells since when.

    Raises MatrixError when pytest did not judge what the verdict holds.
    """
    junit.parent.mkdir(parents=True, exist_ok=True)
    claimed = {judgement.kind != UNCLAIMED for judgement in verdict.judgements}
    tests = ["test_alike_in_all_cells"]
    tests += [name for name, there in (("test_claim", True), ("test_hit_or_works", False))
              if there in claimed]  # fmt: skip
    # What fails is told by ranges of releases, in as few lines as that takes; this says it by cell.
    said = io.StringIO()
    # From there, and by a path within: pytest takes a bracket in one for a parameter.
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(said), _nothing_of_the_users():
        status = _ran(
            ["-q", "--no-header", "-rN", "--tb=short", "--import-mode=importlib",
             "--disable-plugin-autoload", "-p", "no:cacheprovider", "--noconftest",
             "-c", SETTINGS, "--rootdir=.", f"--junitxml={junit}",
             *(f"{CLAIM_TESTS}::{name}" for name in tests)],
            VerdictPlugin(verdict, probes, spans),
        )  # fmt: skip
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        name = pytest.ExitCode(status).name
        raise MatrixError(f"pytest could not judge: {name}\n{said.getvalue()[-2000:]}")
    passed = status == pytest.ExitCode.OK
    if passed != verdict.holds:
        raise MatrixError("pytest's verdict and the judge's differ: this is a defect of the suite")
    return passed


def _ran(words: Sequence[str], plugin: VerdictPlugin) -> int:
    """Return pytest's exit status; raises MatrixError where it would end this process instead."""
    try:
        return pytest.main([*words], plugins=[plugin])
    except SystemExit as ended:
        raise MatrixError(f"pytest could not judge: it ended with {ended.code!r}") from ended


@contextlib.contextmanager
def _nothing_of_the_users() -> Iterator[None]:
    """Have nothing in the environment that could change the verdict, as long as this lasts."""
    kept = {name: os.environ.pop(name) for name in (*os.environ,) if name.startswith(USERS)}
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(USERS)]:
            del os.environ[name]
        os.environ.update(kept)
