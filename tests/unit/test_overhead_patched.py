"""Overhead under a patch: held against what was measured without it in the same repetition."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from matrix.commands.overhead import overhead
from matrix.experiments.overhead.ratios import Standing
from matrix.experiments.overhead.samples import FOLDER, Measurement, measurements
from matrix.experiments.overhead.summary import under_patch
from matrix.options import Overhead
from tests.unit.overhead_records import measurement, only

WHATS = {
    "import numba", "first compile", "later compile, plain", "later compile, recursive",
    "first load", "later load, plain", "later load, recursive",
}  # fmt: skip


def both(without: Measurement, patched: Measurement) -> Measurement:
    under = tuple(msgspec.structs.replace(s, patch="mine") for s in patched.samples)
    return msgspec.structs.replace(without, samples=(*without.samples, *under))


def test_without_a_patch_there_is_nothing_to_compare() -> None:
    assert under_patch(measurement()) == ()


def test_everything_is_compared_and_only_loading_is_claimed() -> None:
    found = {r.what: r for r in under_patch(both(measurement(), measurement()))}
    assert found.keys() == WHATS
    assert all(r.ratio == pytest.approx(1) for r in found.values())
    claimed = {what for what, r in found.items() if r.standing is Standing.HOLDS}
    assert claimed == {what for what in WHATS if "load" in what}
    assert {r.standing for r in found.values()} == {Standing.HOLDS, None}


def test_a_dearer_load_is_seen_where_it_is_and_nowhere_else() -> None:
    dearer = only("f2 first call", 1.5, program="lazy_recursive", run="warm")
    eager = only("f2 definition", 1.5, program="eager_recursive", run="warm")
    patched = measurement(vary=lambda *of: dearer(*of) * eager(*of))
    found = under_patch(both(measurement(), patched))
    assert {r.what for r in found if r.costs_more} == {"later load, recursive"}


def test_two_repetitions_prove_nothing() -> None:
    found = under_patch(both(measurement(repeat=2), measurement(repeat=2, vary=lambda *_: 2.0)))
    assert {r.standing for r in found} == {Standing.UNCLEAR, None}


def test_a_sample_that_lacks_under_the_patch_is_a_flaw() -> None:
    whole = both(measurement(), measurement())
    assert whole.flaw() == ""
    lacking = msgspec.structs.replace(whole, samples=whole.samples[:-1])
    assert lacking.flaw() == "eager_recursive@mine warm: 4 samples of 5"


@pytest.mark.parametrize(("factor", "status"), [(1.0, 0), (3.0, 1), (0.3, 0)])
def test_loading_that_costs_more_is_the_exit_status_and_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], factor: float, status: int
) -> None:
    lazy = only("f0 first call", factor, run="warm")
    eager = only("f0 definition", factor, run="warm")
    measured = both(measurement(), measurement(vary=lambda *of: lazy(*of) * eager(*of)))
    measurements(tmp_path / FOLDER, print).save(measured)
    assert overhead(Overhead(stored=True, state=tmp_path)) == status
    said = capsys.readouterr().out
    assert "0.57.0-cp311 @mine" in said
    assert ("Loading from the cache costs the same with it" in said) is (factor == 1)
    assert ("costs more" in said) is (factor > 1)
    assert ("costs less" in said) is (factor < 1)
    report = tmp_path / "report"
    for page in ("report.md", "overhead.md", "index.html"):
        assert "0.57.0-cp311 @mine" in (report / page).read_text(encoding="utf-8")
