"""What a probe changes between two processes: noticed or not, and the same exec'd and forked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.record import CellRecord
from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, claim, copy_project, posix_only

CHANGING = Path(__file__).parent / "faults" / "changing"
# One for each way of changing something and of finding the truth; what has an environment of its
# own is never forked.
SOME = {
    "callee": "noticed",
    "cache_read_only": "noticed",
    "callee_elsewhere": "stale in warm",
    "option_fastmath": "stale in warm",
    "index_emptied": "raised in warm (EOFError)",
}

pytestmark = posix_only


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, memo: Path, seed: tuple[str, ...]) -> Driver:
    """Run these in every seed cell, exec'd and forked."""
    driver = new_driver(tmp_path_factory.mktemp("change") / "state", memo)
    probes = [word for name in SOME for word in ("--probe", f"change/{name}")]
    ended = driver.run(*seed, *probes, "--isolation", "both")
    assert ended.status == 0, ended.said
    return driver


def seen(record: CellRecord, isolation: str) -> dict[str, list[Any]]:
    """Return, of each probe, what must be the same however a phase was started."""
    return {
        probe.id: [
            (p.name, p.status, p.value, p.exception, p.hits, p.misses, p.loads, p.saves, p.asked)
            for p in probe.phases
        ]
        for probe in record.probes
        if probe.isolation == isolation
    }


def test_a_change_does_the_same_exec_ed_and_forked(both: Driver, seed: tuple[str, ...]) -> None:
    for cell in seed:
        record = both.record(cell)
        assert record.notes == ()
        assert set(seen(record, "exec")) == {f"change/{name}" for name in SOME}
        assert seen(record, "exec") == seen(record, "fork")
        assert both.outcomes(cell, "fork") == {f"change/{k}": v for k, v in SOME.items()}


def test_what_the_index_had_not_is_stored_beside_what_the_next_process_did(
    both: Driver, newest: str
) -> None:
    asked = {
        probe: phase.asked[0].missing
        for probe, phase in both.phases(newest)
        if phase.name == "warm" and len(phase.asked) == 1
    }
    assert asked["change/callee"] == ("stamp",)
    assert asked["change/callee_elsewhere"] == ()
    assert asked["change/cache_read_only"] == ("file",)
    assert asked["change/index_emptied"] == ("unreadable",)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, memo: Path, newest: str) -> Driver:
    """Run changes that go wrong, both ways."""
    driver = new_driver(tmp_path_factory.mktemp("faulty") / "state", memo)
    ended = driver.run(newest, "--probes", str(CHANGING), "--isolation", "both")
    assert ended.status == 1
    ended.without_traceback()
    return driver


@pytest.mark.parametrize("isolation", ["exec", "fork"])
def test_a_change_that_goes_wrong_or_changes_nothing_is_the_outcome_of_its_probe(
    faulty: Driver, newest: str, isolation: str
) -> None:
    assert faulty.outcomes(newest, isolation) == {
        "change/changes_after_all": "raised in truth (SomethingChanged)",
        "change/changes_nothing": "raised in truth (NothingChanged)",
        "change/crashes": "crashed in change (SIGABRT)",
        "change/gives_a_third_value": "wrong in warm",
        "change/has_no_change": "raised in change (NameError)",
        "change/imports_numba": "raised in change (ImportError)",
        "change/is_locked": "kept",
    }
    assert faulty.record(newest).notes == ()


def test_nothing_is_left_of_a_folder_that_a_change_closed(faulty: Driver) -> None:
    (state,) = faulty.state.glob("probes/*")
    assert list((state / "work").iterdir()) == []


def test_a_claim_of_a_change_turned_round_fails_and_names_what_was_seen(
    tmp_path: Path, memo: Path, middle: str
) -> None:
    claims = claim("change/callee_elsewhere", '{ outcome = "noticed" }')
    probes = ["change/callee_elsewhere", "change/_callee"]
    project = copy_project(tmp_path / "project", probes, claims)
    driver = msgspec.structs.replace(new_driver(tmp_path / "state", memo), project=project)
    ended = driver.run(middle)
    assert ended.status == 1
    told = f"change/callee_elsewhere: {middle.partition('-')[0]} -> stale in warm"
    more = "  claimed: noticed\n  value 2 where truth gave 11\n"
    assert f"{told}\n{more}" in ended.without_traceback()
    failing = {
        c["id"]: (c["cells"], c["says"]) for c in driver.report()["claims"] if not c["holds"]
    }
    says = "stale in warm; claimed: noticed; value 2 where truth gave 11"
    assert failing == {"change/callee_elsewhere": ([middle], says)}
    # The same of the rule: what is claimed against it holds only where it does not.
    path = project / "matrix" / "data" / "claims.toml"
    path.write_text(claim(probes[0], '{ outcome = "stale", against_rule = "turned round" }'))
    ended = driver.run(middle)
    assert (ended.status, ended.due()) == (1, (0, 0))
    says = "the index has all that warm asked for, and stale in warm"
    says += " (claimed against the rule: turned round)"
    name = "change/callee_elsewhere index-key"
    assert f"{name}: {middle.partition('-')[0]} -> {says}\n" in ended.without_traceback()
    failing = {
        c["id"]: (c["cells"], c["says"]) for c in driver.report()["claims"] if not c["holds"]
    }
    assert failing == {name: ([middle], says)}
    edited = project / "probes" / "change" / "_callee.py"
    edited.write_text(edited.read_text() + "\n# edited\n")
    assert driver.run(middle).due() == (1, 1)
