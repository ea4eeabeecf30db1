"""A release candidate takes part when asked for, and what it breaks is a warning, not a failure."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from matrix.errors import BadInput
from matrix.experiments.probe import discover, runner_digest
from matrix.model.record import CellRecord, observations
from matrix.plan.plan import lock_digest, source
from matrix.select import releases
from matrix.select.selection import Catalogue, select
from tests.unit.records import cell, hit, recompiled

ROOT = Path(releases.__file__).parents[2]
RELEASES = """\
[[release]]
version = "{}"
uploaded = 2026-01-01
wheels.linux-x86_64 = ["3.13"]
wheels.linux-aarch64 = ["3.13"]
wheels.macos-x86_64 = ["3.13"]
wheels.macos-arm64 = ["3.13"]
wheels.windows-x86_64 = ["3.13"]
"""
VERSIONS = ("0.48.0", "0.57.0", "0.68.0", "0.68.1", "0.68.2rc1", "0.69.0rc1")
CLAIMS = '["cache/p"]\nkind = "promise"\nwhy = "it must"\nexpect = [{ outcome = "hit" }]\n'
HERE = str(releases.platform_here())
CANDIDATE = "0.69.0rc1-cp313"


def ids(*words: str, pre: bool) -> list[str]:
    """Return what the words select of the crafted releases."""
    tables = tomllib.loads("\n".join(map(RELEASES.format, VERSIONS)))
    known = releases.parse(tables, Path("releases.toml"))
    catalogue = Catalogue(known, "linux-x86_64", frozenset({"3.13"}))
    return [s.cell.release for s in select(words, catalogue, pre=pre).cells]


def test_a_candidate_is_outside_every_selection_that_does_not_ask_for_it() -> None:
    for words in ([], ["minors"], ["all"], [">=0.68"], ["0.68"], ["cp313"], ["0.6*"]):
        assert not any("rc" in release for release in ids(*words, pre=False))
    with pytest.raises(BadInput, match="release candidates take part with --pre"):
        ids(CANDIDATE, pre=False)


def test_asked_for_it_comes_beside_the_last_stable_patch_of_its_line() -> None:
    assert ids("minors", pre=True) == ["0.48.0", "0.57.0", "0.68.1", "0.68.2rc1", "0.69.0rc1"]
    assert ids("seed", pre=True) == ["0.48.0", "0.57.0", "0.68.1"]
    assert ids("0.69.0rc1", CANDIDATE, pre=True) == ["0.69.0rc1"]
    assert ids("all", pre=True) == list(VERSIONS)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the suite that knows the crafted releases, and one probe."""
    for folder in ("matrix", "tests/claims"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__py*"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    text = "\n".join(map(RELEASES.format, VERSIONS))
    (tmp_path / "matrix" / "data" / "releases.toml").write_text(text, encoding="utf-8")
    (tmp_path / "matrix" / "data" / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    probe = tmp_path / "probes" / "cache" / "p.py"
    probe.parent.mkdir(parents=True)
    probe.write_text('"""A probe."""\n', encoding="utf-8")
    return tmp_path


def reported(clone: Path, *records: CellRecord) -> tuple[int, str, str]:
    """Return what reporting these cells ends with, prints and writes."""
    (probe,) = discover(clone / "probes")
    for record in records:
        lock = lock_digest(clone / "matrix" / "data" / "locks", record.numba)
        seen = source(probe, runner_digest(clone / "probes"), lock)
        probes = tuple(msgspec.structs.replace(p, source=seen) for p in record.probes)
        store = observations(clone / ".matrix" / "observations", print)
        store.save(msgspec.structs.replace(record, probes=probes))
    ran = subprocess.run(
        [sys.executable, "-m", "matrix", "report", "--strict"],
        cwd=clone, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    report = (clone / ".matrix" / "report" / "report.md").read_text(encoding="utf-8")
    return ran.returncode, ran.stdout + ran.stderr, report


def test_a_claim_that_a_candidate_breaks_is_an_early_warning(clone: Path) -> None:
    status, said, report = reported(
        clone,
        cell("0.68.1-cp313", hit("cache/p"), platform=HERE),
        cell(CANDIDATE, recompiled("cache/p"), platform=HERE),
    )
    assert status == 0
    version = CANDIDATE.partition("-")[0]
    assert f"EARLY WARNING cache/p: {version} -> recompiled in warm (never)\n  claimed: hit" in said
    assert "every claim holds on stable releases, 1 early warning from candidates" in said
    assert "Every claim holds on stable releases, 1 early warning from candidates: " in report
    assert f"- cache/p: {version} -> recompiled" in report


def test_a_claim_that_a_stable_release_breaks_too_fails(clone: Path) -> None:
    status, said, report = reported(
        clone,
        cell("0.68.1-cp313", recompiled("cache/p"), platform=HERE),
        cell(CANDIDATE, recompiled("cache/p"), platform=HERE),
    )
    assert status == 1
    assert "1 claim does not hold" in said
    assert "\ncache/p: 0.68.1 -> recompiled in warm (never)\n  claimed: hit" in f"\n{said}"
    assert "EARLY WARNING" in said
    assert report.count(CANDIDATE) >= 1


def test_a_candidate_that_keeps_every_claim_is_not_spoken_of(clone: Path) -> None:
    status, said, report = reported(
        clone,
        cell("0.68.1-cp313", hit("cache/p"), platform=HERE),
        cell(CANDIDATE, hit("cache/p"), platform=HERE),
    )
    assert status == 0
    assert "EARLY WARNING" not in said
    assert "Early warnings" not in report
