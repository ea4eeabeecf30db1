"""Two processes at once on one cache: every order, and processes that do not play along."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.outcome import Raced, raced
from tests.cells.conftest import new_driver
from tests.cells.driving import ROOT, Driver, claim, copy_project, posix_only

RACING = Path(__file__).parent / "faults" / "racing"
CLAIMS = claim("race/two_signatures", '{ outcome = "poisoned" }') + claim(
    "race/signature_given", '{ outcome = "sound" }'
)
# The shortest of the poisoned orders, the same on every release.
ORDER = (
    "run reads increment index; other reads increment index; run writes increment index;"
    " other writes increment index, writes increment data 1; run writes increment data 1"
)

pytestmark = posix_only


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory, memo: Path, seed: tuple[str, ...]) -> Driver:
    """Run a race that is lost and one that is not in every seed cell, as it is claimed."""
    folder = tmp_path_factory.mktemp("race")
    probes = ("race/two_signatures", "race/signature_given")
    project = copy_project(folder / "project", probes, CLAIMS)
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    ended = driver.run(*seed)
    assert ended.status == 0, ended.said
    return driver


def came_to(driver: Driver, cell: str) -> dict[str, Raced]:
    return {probe: raced(p) for probe, p in driver.phases(cell) if p.name == "race"}


def test_one_race_is_lost_and_another_is_not_on_every_release(
    well: Driver, seed: tuple[str, ...]
) -> None:
    for cell in seed:
        assert well.outcomes(cell) == {
            "race/signature_given": "sound",
            "race/two_signatures": f"poisoned in race ({ORDER})",
        }
        assert well.record(cell).notes == ()
        lost, won = (
            came_to(well, cell)[f"race/{p}"] for p in ("two_signatures", "signature_given")
        )
        # From then on every process is given the code for the other's integers.
        assert (lost.who, lost.when, lost.value) == ("other", "later", 2)
        assert lost.orders == {"sound": 7, "poisoned": 1}
        assert set(won.orders) == {"sound"}
        assert won.orders["sound"] > 1


def test_a_claim_of_a_race_turned_round_fails_and_names_probe_cell_and_order(
    well: Driver, tmp_path: Path, seed: tuple[str, ...]
) -> None:
    shutil.copytree(well.project, tmp_path / "project")
    shutil.copytree(well.state, tmp_path / "state")
    claims = tmp_path / "project" / "matrix" / "data" / "claims.toml"
    claims.write_text(claims.read_text().replace("poisoned", "sound"))
    driver = Driver(tmp_path / "state", project=tmp_path / "project")
    ended = driver.run(*seed)
    assert ended.status == 1
    assert ended.due() == (0, 0)
    seen = f"poisoned in race ({ORDER})"
    assert f"race/two_signatures: {seed[0].partition('-')[0]}" in ended.without_traceback()
    assert f"-> {seen}\n  claimed: sound\n  other() later gave 2, in 1 of 8 orders" in ended.said
    told = [c for c in driver.report()["claims"] if not c["holds"]]
    failing = {cell: c["says"] for c in told for cell in c["cells"]}
    assert failing == dict.fromkeys(
        seed,
        f"{seen}; claimed: sound; other() later gave 2, in 1 of 8 orders",
    )


@pytest.fixture(scope="module")
def every_order(
    tmp_path_factory: pytest.TempPathFactory, well: Driver, seed: tuple[str, ...]
) -> dict[str, Any]:
    """Return, by cell, what all orders of a small race come to, and what those tried do."""
    script, probe = ROOT / "tests/cells/every_order.py", RACING / "race" / "index_and_data.py"
    started = {}
    for cell in seed:
        python = well.envdir / f"cell-{cell.replace('.', '-')}" / "bin" / "python"
        folder = tmp_path_factory.mktemp("orders")
        words = [script, ROOT / "probes/_cell", probe, folder, "[2.5, null, 2.5, null]"]
        started[cell] = subprocess.Popen(
            [str(python), "-E", "-s", *map(str, words)], stdout=subprocess.PIPE
        )
    return {cell: json.loads(process.communicate()[0]) for cell, process in started.items()}


def test_leaving_out_orders_that_are_one_loses_no_end(
    every_order: dict[str, Any], seed: tuple[str, ...]
) -> None:
    for cell in seed:
        every, few = every_order[cell]["all"], every_order[cell]["reduced"]
        assert few["ends"] == every["ends"]
        # Not for nothing: the ends differ, some of them are poisoned, and orders were left out.
        assert len(every["ends"]) > 2
        assert any('"poisoned"' in end for end in every["ends"])
        assert not all('"poisoned"' in end for end in every["ends"])
        assert 10 * few["orders"] < every["orders"]


def test_a_process_that_hangs_dies_or_lets_go_of_the_gate_is_the_outcome_of_its_probe(
    tmp_path: Path, memo: Path, newest: str
) -> None:
    driver = new_driver(tmp_path / "state", memo)
    ended = driver.run(newest, "--probes", str(RACING), "--timeout", "20")
    assert ended.status == 1
    ended.without_traceback()
    outcomes = driver.outcomes(newest, "fork")
    assert outcomes.pop("race/index_and_data").startswith("poisoned in race (other removes")
    assert outcomes == {
        "race/ends_them_all": "raised in race (GenerationDied)",
        "race/hangs": "timed_out in race",
        "race/is_killed": "crashed in race (SIGKILL)",
        "race/kills_its_parent": "raised in race (NobodyThere)",
        "race/lets_go_of_the_gate": "crashed in race (SIGKILL)",
        "race/sound": "sound",
    }
    # Nobody waited for it in more than one order.
    hung = dict(driver.phases(newest))["race/hangs"]
    assert hung.wall_s < 3 * 20
