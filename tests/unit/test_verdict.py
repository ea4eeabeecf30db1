"""The verdict that pytest gives: nothing that a user tells pytest, or keeps there, changes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from matrix.errors import MatrixError
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.model.files import ROOT
from matrix.model.outcome import Outcome
from matrix.report import verdict
from tests.unit import records


def given_by_pytest(junit: Path) -> bool:
    """Have pytest give a verdict of three broken promises."""
    probes = ("cache/a", "cache/b", "cache/c")
    cell = records.cell("0.57.0-cp311", *map(records.crashed, probes))
    claims = {probe: Claim(Kind.PROMISE, "w", (Expectation(Outcome.HIT),)) for probe in probes}
    spans = dict.fromkeys(probes, ())
    return verdict.give(judge([cell], probes, claims, "exec"), probes, spans, junit)


@pytest.mark.parametrize("options", ["-x", "--collect-only", "-k nothing", "--no-such-option"])
def test_what_a_user_tells_pytest_is_nothing_to_the_verdict(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert given_by_pytest(tmp_path / "junit.xml") is False
    assert (tmp_path / "junit.xml").read_text().count("<failure") == 3
    assert os.environ["PYTEST_ADDOPTS"] == options


def test_settings_and_a_conftest_above_the_suite_are_nothing_to_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit(0)\n")
    home = tmp_path / "site" / "suite"
    shutil.copytree(ROOT / "tests" / "claims", home / "tests" / "claims")
    (home / "tests" / "claims" / "conftest.py").write_text("raise SystemExit(0)\n")
    monkeypatch.setattr(verdict, "ROOT", home)
    assert given_by_pytest(tmp_path / "junit.xml") is False
    assert (tmp_path / "junit.xml").read_text().count("<failure") == 3


def test_a_pytest_that_ends_the_process_has_judged_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object, **__: object) -> int:
        raise SystemExit(0)

    monkeypatch.setattr(pytest, "main", ends)
    with pytest.raises(MatrixError, match="pytest could not judge: it ended with 0"):
        given_by_pytest(tmp_path / "junit.xml")
