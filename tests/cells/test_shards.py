"""Three machines come to what one comes to: by hand, and by the workflow's own commands."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.record import DataFile, Phase
from matrix.report import diff
from matrix.report.evidence.filed import ProbeReport
from tests.cells.workflow import EXPRESSION, Machine, clone, jobs, load, with_nox

# Few and cheap, yet of both carriers, and one of them must fail.
PROBE = "*/self_[dl]*"
ONE_RUN = f"nox -s matrix -- seed --probe '{PROBE}' --strict"
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="steps are run in bash, as on Linux"
)


class Places(msgspec.Struct, frozen=True):
    """Where the machines of these tests are, and what all of them find in their environment."""

    folder: Path
    env: dict[str, str]

    def machine(self, name: str, state: str = ".matrix", **stands_for: str) -> Machine:
        """Return a machine with a fresh clone that knows its interpreters already."""
        place = clone(self.folder / name, self.folder / "environments")
        memo = self.folder / "one" / ".matrix" / "interpreters.json"
        if memo.exists():
            (place / state).mkdir()
            shutil.copyfile(memo, place / state / memo.name)
        return Machine(place, self.folder / "artifacts", self.env, stands_for)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Give the places, in which one machine has run everything."""
    folder = tmp_path_factory.mktemp("machines")
    found = Places(folder, with_nox(folder / "bin"))
    assert found.machine("one").run(ONE_RUN) == 0
    yield found
    shutil.rmtree(folder)


def report_of(folder: Path) -> tuple[Any, ...]:
    """Return what matrix.json says, without its times.

    A file of Numba's cache holds the path and time of its source, so its size and digest go too.
    """
    report = diff.load(folder)
    seen = {
        (cell.id, probe.id): [without_times(phase) for phase in report.observed(probe)]
        for cell in report.cells
        for probe in cell.probes
    }
    timeless = [
        msgspec.structs.replace(cell, probes=tuple(map(without_numbers, cell.probes)))
        for cell in report.cells
    ]
    return report.platform, timeless, seen, report.claims, report.programs


def without_numbers(probe: ProbeReport) -> ProbeReport:
    return msgspec.structs.replace(probe, phases=(), times=(), folders=())


def without_times(phase: Phase) -> Phase:
    before, after = (
        tuple(DataFile(file.name, 0, "") for file in files)
        for files in (phase.files_before, phase.files_after)
    )
    nothing: dict[str, Any] = {"wall_s": 0.0, "cpu_s": None, "run_s": None}
    return msgspec.structs.replace(phase, files_before=before, files_after=after, **nothing)


def test_three_shards_in_three_clones_come_to_what_one_run_comes_to(places: Places) -> None:
    shards = [places.machine(f"shard{number}") for number in (1, 2, 3)]
    for number, machine in enumerate(shards, 1):
        assert machine.run(f"{ONE_RUN} --shard {number}/3") == 0
    stored = [list((m.clone / ".matrix" / "observations").glob("*.json")) for m in shards]
    assert [len(files) for files in stored] == [1, 1, 1]
    first, second, third = (machine.clone for machine in shards)
    assert shards[0].run(f"nox -s merge -- {second}/.matrix {third}/.matrix/observations") == 0
    assert shards[0].run(f"nox -s report -- --probe '{PROBE}' --strict") == 0
    assert report_of(first / ".matrix") == report_of(places.folder / "one" / ".matrix")


def test_the_workflow_by_hand_comes_to_what_one_run_comes_to(places: Places) -> None:
    told = diff.load(places.folder / "one" / ".matrix")
    one = report_of(places.folder / "one" / ".matrix")
    pythons = ",".join(sorted({cell.python.rpartition(".")[0] for cell in told.cells}))
    # What somebody who starts the workflow by hand can give it, and the CPythons found here.
    given = {"SELECTORS": "seed", "PROBE": PROBE, "PROBES": "", "SHARDS": "3", "PRE": "--no-pre"}
    given |= {"PLATFORMS": told.platform, "PYTHONS": pythons, "INSTALL": ""}
    assert given.keys() == load("matrix.yml")["env"].keys()
    found = Places(places.folder, places.env | given | with_files(places.folder))

    usual = conditions("plan") | conditions("verdict")
    plan = found.machine("plan", "state", **usual)
    assert plan.do(jobs("matrix.yml")["plan"]) == 0
    shards = json.loads(output(places.folder, "matrix"))["include"]
    assert len(shards) == 3
    for shard in shards:
        machine = found.machine(
            f"cells {shard['part']}", "state", **conditions("cells"),
            **{f"matrix.{name}": value for name, value in shard.items()},
        )  # fmt: skip
        assert machine.do(jobs("matrix.yml")["cells"]) == 0
    verdict = found.machine("verdict", "state", **usual)
    assert verdict.do(jobs("matrix.yml")["verdict"]) == 0

    assert report_of(verdict.clone / "state") == one
    report = (verdict.clone / "state" / "report" / "report.md").read_text(encoding="utf-8")
    assert (places.folder / "summary").read_text(encoding="utf-8") == report
    assert (places.folder / "artifacts" / "report" / "matrix.json").exists()


def with_files(folder: Path) -> dict[str, str]:
    """Return the variables that name the files in which GitHub takes what a step says."""
    return {"GITHUB_OUTPUT": f"{folder}/output", "GITHUB_STEP_SUMMARY": f"{folder}/summary"}


def output(folder: Path, name: str) -> str:
    """Return an output of the plan's step, as GitHub reads it."""
    lines = (folder / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)[name]


def conditions(job: str) -> dict[str, str]:
    """Return what the expressions of a job stand for when it is run by hand and goes well."""
    known = {
        "inputs.probes": "",
        "!cancelled()": "true",
        "!cancelled() && github.event_name != 'pull_request'": "true",
    }
    text = json.dumps(jobs("matrix.yml")[job]["steps"])
    # The others only choose what to check out and what to keep for next time.
    free = {name: "" for name in EXPRESSION.findall(text) if name.startswith(("github.", "job."))}
    return free | known
