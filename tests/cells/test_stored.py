"""What is stored is not run again; what is missing, changed or spoilt is, and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from matrix.run.environment import INSTALLED, environment
from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, claim, copy_project, posix_only

PROBES = ("cache/plain_lazy", "cache/self_lazy")
CLAIMS = "\n".join(claim(probe, '{ outcome = "hit" }') for probe in PROBES)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, memo: Path, newest: str) -> Driver:
    """Return a driver of a small project whose two probes have run in the newest cell."""
    folder = tmp_path_factory.mktemp("stored")
    project = copy_project(folder / "project", PROBES, CLAIMS)
    driver = msgspec.structs.replace(new_driver(folder / "state", memo), project=project)
    ended = driver.run(newest)
    assert ended.status == 0, ended.said
    assert ended.due() == (2, 1)
    return driver


@pytest.fixture
def again(ran: Driver, tmp_path: Path) -> Driver:
    """Return a driver of a copy of that project and of what is stored of it."""
    shutil.copytree(ran.project, tmp_path / "project")
    shutil.copytree(ran.state, tmp_path / "state")
    return Driver(tmp_path / "state", project=tmp_path / "project")


def observations(driver: Driver, cell: str) -> Path:
    return driver.state / "observations" / f"{cell}.json"


def values(driver: Driver, cell: str) -> dict[str, int]:
    return {probe: phase.value for probe, phase in driver.phases(cell)}


def test_a_run_with_nothing_changed_starts_no_cell(again: Driver, newest: str) -> None:
    before = observations(again, newest).read_bytes()
    (again.state / "nox.json").unlink()
    ended = again.run(newest)
    assert ended.status == 0
    assert ended.due() == (0, 0)
    assert not (again.state / "nox.json").exists()
    assert observations(again, newest).read_bytes() == before


def test_a_changed_probe_runs_alone(again: Driver, newest: str) -> None:
    probe = again.project / "probes" / "cache" / "self_lazy.py"
    probe.write_text(probe.read_text() + "\n\nfirst_run = run\n\n\ndef run():\n    return -1\n")
    before = again.record(newest)
    ended = again.run(newest)
    assert ended.due() == (1, 1)
    assert values(again, newest)["cache/self_lazy"] == -1
    kept = next(p for p in before.probes if p.id == "cache/plain_lazy")
    assert kept in again.record(newest).probes


def test_what_was_seen_of_another_source_is_no_verdict_on_this_one(
    again: Driver, newest: str
) -> None:
    probe = again.project / "probes" / "cache" / "self_lazy.py"
    probe.write_text(probe.read_text() + "\n# a change\n")
    assert again.judge(newest, "--strict").status == 3
    ended = again.judge(newest)
    assert ended.status == 0
    assert f"{newest}: 1 probe is left out, cache/self_lazy first" in ended.said
    assert "of 1 probe nothing is stored in these cells" in ended.said
    (cell,) = again.report()["cells"]
    assert [one["id"] for one in cell["probes"]] == ["cache/plain_lazy"]
    assert again.run(newest, "--probe", "cache/plain_lazy").status == 0


def test_numbas_own_tests_alone_leave_what_is_known_of_the_cell(again: Driver, newest: str) -> None:
    suites = again.project / "matrix" / "data" / "upstream.toml"
    suites.write_text('[nothing]\nnames = ["numba.tests.test_no_such_thing"]\n')
    before = again.record(newest)
    ended = again.run(newest, "--upstream")
    assert ended.due() == (0, 1)
    after = again.record(newest)
    assert [result.suite for result in after.upstream] == ["nothing"]
    assert after.versions == before.versions
    assert after.python


def test_an_environment_of_another_interpreter_is_made_anew(
    again: Driver, environments: Path, newest: str
) -> None:
    elsewhere = msgspec.structs.replace(again, envdir=environments)
    elsewhere.run(newest, "--fresh")
    env = environment(environments, newest)
    (env / "left-over").touch()
    elsewhere.run(newest, "--fresh")
    assert (env / "left-over").exists()
    marker = env / INSTALLED
    lock, _, python = marker.read_text().partition("\n")
    marker.write_text(f"{lock}\n{python}-of-yesterday")
    assert elsewhere.run(newest, "--fresh").status == 0
    assert not (env / "left-over").exists()
    assert marker.read_text() == f"{lock}\n{python}"


def test_a_cell_that_ran_on_another_interpreter_than_it_is_named_for_is_broken(
    again: Driver, newest: str
) -> None:
    memo = again.state / "interpreters.json"
    version = again.record(newest).python
    memo.write_text(memo.read_text().replace(f'"version":"{version}"', '"version":"3.99.0"'))
    ended = again.run(newest, "--fresh")
    assert ended.status == 3
    assert f"the cell ran on CPython {version}, not on 3.99.0" in ended.without_traceback()


def test_a_spoilt_file_is_set_aside_and_said_and_its_cell_runs_again(
    again: Driver, newest: str
) -> None:
    path = observations(again, newest)
    bad = path.read_bytes()[:1000]
    path.write_bytes(bad)
    ended = again.run(newest)
    assert ended.status == 0
    assert ended.due() == (2, 1)
    assert f"{newest}.json: not usable (" in ended.without_traceback()
    assert path.with_suffix(".json.set-aside").read_bytes() == bad
    assert set(again.outcomes(newest, "fork").values()) == {"hit"}


def test_a_foreign_file_is_set_aside_by_who_only_reads(again: Driver, newest: str) -> None:
    path = observations(again, newest)
    path.write_text('{"not": "ours"}')
    ended = again.judge(newest)
    assert ended.status == 3
    assert f"{newest}.json: not usable (" in ended.without_traceback()
    assert "nothing is stored of it" in ended.said


def test_a_cell_that_cannot_be_installed_any_more_keeps_what_it_did(
    again: Driver, environments: Path, newest: str
) -> None:
    before = again.record(newest)
    lock = again.project / "matrix" / "data" / "locks" / f"numba-{newest.partition('-')[0]}.txt"
    good = lock.read_text()
    lock.write_text(re.sub(r"sha256:(\w)(\w+)", r"sha256:\2\1", good))
    elsewhere = msgspec.structs.replace(again, envdir=environments)
    ended = elsewhere.run(newest)
    assert ended.status == 3
    assert f"NOT RUN {newest}: not_installable, Hash mismatch" in ended.without_traceback()
    assert again.record(newest).probes == before.probes
    lock.write_text(good)
    ended = elsewhere.run(newest)
    assert (ended.status, ended.due()) == (0, (0, 0))
    assert not again.record(newest).not_installable


def test_asked_for_everything_runs_again_and_a_damaged_environment_is_made_anew(
    again: Driver, environments: Path, newest: str
) -> None:
    elsewhere = msgspec.structs.replace(again, envdir=environments)
    ended = elsewhere.run(newest, "--fresh")
    assert ended.status == 0
    assert ended.due() == (2, 1)
    (llvmlite,) = environments.rglob("site-packages/llvmlite")
    shutil.rmtree(llvmlite)
    ended = elsewhere.run(newest, "--fresh")
    assert ended.status == 3
    assert f"NOT RUN {newest}: broken, ModuleNotFoundError" in ended.said
    ended = elsewhere.run(newest)
    assert ended.status == 0
    assert ended.due() == (2, 1)


def test_what_is_stored_is_judged_as_far_as_it_goes(again: Driver, newest: str) -> None:
    shutil.rmtree(again.state / "observations")
    again.run(newest, "--probe", "cache/plain_lazy")
    ended = again.judge()
    assert ended.status == 0
    said = ended.without_traceback()
    assert "of 1 probe nothing is stored in these cells" in said
    assert "every claim holds: 1 probe in 1 cell" in said
    other = "0.48.0-cp38"
    ended = again.judge(newest, other, "--probe", "cache/plain_lazy", "--strict")
    assert ended.status == 3
    assert f"NOT RUN {other}: nothing is stored of it" in ended.without_traceback()


@posix_only
def test_a_reader_that_goes_away_takes_nothing_stored_along(again: Driver, newest: str) -> None:
    again.run(newest, "--probe", "cache/plain_lazy")
    before = again.record(newest)
    words = ("--probe", "cache/plain_lazy", "--envdir", str(again.envdir))
    running = again.start("run", newest, "--fresh", *words)
    running.read_until(" to do, ")
    assert running.process.stdout
    running.process.stdout.close()
    running.process.wait(120)
    assert again.record(newest).status == "ran"
    assert again.record(newest).probes[0].id == before.probes[0].id
