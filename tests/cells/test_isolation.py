"""A phase forked from a parent does what it does in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.record import CellRecord, Phase
from matrix.model.text import first_path
from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, posix_only

SEED = (
    "cache/plain_lazy",
    "cache/plain_eager",
    "cache/self_lazy",
    "cache/self_eager",
    "cache/self_two_signatures",
    "aot/plain",
    "aot/self_direct",
    "aot/self_helper",
    "aot/self_helper_unjitted",
    "aot/self_helper_cached",
)
UNBUILDABLE = ("aot/self_direct", "aot/self_helper_unjitted")

pytestmark = posix_only


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, memo: Path, seed: tuple[str, ...]) -> Driver:
    """Run the seed probes in every seed cell, exec'd and forked."""
    driver = new_driver(tmp_path_factory.mktemp("isolation") / "state", memo)
    probes = [word for probe in SEED for word in ("--probe", probe)]
    ended = driver.run(*seed, *probes, "--isolation", "both")
    assert ended.status == 0, ended.said
    return driver


@pytest.fixture(params=[0, 1, 2], ids=["oldest", "middle", "newest"])
def record(request: pytest.FixtureRequest, both: Driver, seed: tuple[str, ...]) -> CellRecord:
    """Return the record of each seed cell."""
    if request.param >= len(seed):
        pytest.skip("no CPython here serves this release")
    return both.record(seed[request.param])


def seen(phase: Phase) -> dict[str, Any]:
    """Return what must be the same however a phase was started: no times, no texts."""
    return {
        "name": phase.name,
        "status": phase.status,
        "value": phase.value,
        "exit": phase.exit,
        "signal": phase.signal,
        "exception": phase.exception,
        "hits": phase.hits,
        "misses": phase.misses,
        "loads": phase.loads,
        "saves": phase.saves,
        "compiled": phase.compiled,
        "files": [file.name for file in phase.files_after],
        "unresolved": [
            (dispatcher.name, one.signature, one.unresolved)
            for dispatcher in phase.dispatchers
            for one in dispatcher.specialisations
        ],
    }


@pytest.mark.parametrize("probe", SEED)
def test_every_probe_does_the_same_exec_ed_and_forked(record: CellRecord, probe: str) -> None:
    phases = {
        p.isolation: [seen(phase) for phase in p.phases] for p in record.probes if p.id == probe
    }
    assert set(phases) == {"exec", "fork"}
    assert phases["exec"] == phases["fork"]


def test_the_outcomes_are_those_that_the_suite_was_made_to_show(
    both: Driver, record: CellRecord
) -> None:
    expected = {probe: "hit" for probe in SEED if probe.startswith("cache/")}
    expected |= {probe: "works" for probe in SEED if probe.startswith("aot/")}
    expected |= dict.fromkeys(UNBUILDABLE, "raised in build (TypingError)")
    assert both.outcomes(record.cell, "exec") == expected
    assert both.outcomes(record.cell, "fork") == expected


def test_a_cell_says_what_it_consists_of(record: CellRecord) -> None:
    release, _, tag = record.cell.partition("-cp")
    assert record.numba == release
    assert record.python.startswith(f"{tag[0]}.{tag[1:]}.")
    assert all(part[0].isdigit() for part in (record.numpy, record.llvmlite, record.llvm))
    assert record.notes == ()


def test_no_place_of_this_machine_is_in_what_is_stored(record: CellRecord) -> None:
    assert first_path(msgspec.to_builtins(record)) is None
