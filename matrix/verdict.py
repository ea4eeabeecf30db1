"""The verdict, given by pytest: one test per claim, one per probe that must be alike everywhere.

In: a `Verdict`. Out: pytest's own report on the terminal, junit.xml, and whether all passed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import MatrixError
from matrix.judge import Judgement, Unlike, Verdict

CLAIM_TESTS = Path(__file__).parents[1] / "tests" / "claims"
PLUGIN = "matrix-verdict"


class VerdictPlugin:
    """Gives the tests in tests/claims what they are about."""

    def __init__(self, verdict: Verdict, probes: tuple[str, ...]) -> None:
        self.by_claim: dict[str, list[Judgement]] = {}
        for judgement in verdict.judgements:
            self.by_claim.setdefault(judgement.id, []).append(judgement)
        self.unlike: dict[str, list[Unlike]] = {probe: [] for probe in probes}
        for unlike in verdict.unlike:
            self.unlike[unlike.probe].append(unlike)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of every claim and of every probe."""
        if "judgements" in metafunc.fixturenames:
            metafunc.parametrize("judgements", self.by_claim.values(), ids=self.by_claim.keys())
        if "unlike" in metafunc.fixturenames:
            metafunc.parametrize("unlike", self.unlike.values(), ids=self.unlike.keys())


def give(verdict: Verdict, probes: tuple[str, ...], junit: Path) -> bool:
    """Run the claim tests over the verdict; return whether all passed.

    Raises MatrixError when pytest did not judge what the verdict holds.
    """
    junit.parent.mkdir(parents=True, exist_ok=True)
    status = pytest.main(
        ["-q", "--no-header", "-rN", "--tb=short", "-p", "no:cacheprovider",
         f"--rootdir={CLAIM_TESTS.parents[1]}", f"--junitxml={junit}", str(CLAIM_TESTS)],
        plugins=[VerdictPlugin(verdict, probes)],
    )  # fmt: skip
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise MatrixError(f"pytest could not judge: {pytest.ExitCode(status).name}")
    passed = status == pytest.ExitCode.OK
    if passed != verdict.holds:
        raise MatrixError("pytest's verdict and the judge's differ: this is a defect of the suite")
    return passed
