"""The workflows: each step a nox command that exists, no untrusted text in it, and no power."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from matrix.commands import COMMANDS
from matrix.parser import parse
from tests.cells.workflow import EXPRESSION, INSTALLS_NOX, ROOT, WORKFLOWS, commands, jobs, load

NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))
PUBLISHES = ("pages.yml", "publish")
STEPS = [(name, job, command) for name in NAMES for job, command in commands(name)]
# What the variables of a step may hold, inputs that nobody gave among them.
GIVEN = {
    "SELECTORS": "seed >=0.60, <0.64 cp311",
    "PROBE": "*",
    "PROBES": "",
    "PLATFORMS": "linux-x86_64,macos-arm64",
    "SHARDS": "2",
    "PRE": "--no-pre",
    "INSTALL": "",
    "PYTHONS": "3.8,3.11",
    "CELLS": "0.48.0-cp38 0.57.0-cp311",
    "MISSING": "0.69.0rc1",
    "GITHUB_OUTPUT": "output",
    "GITHUB_STEP_SUMMARY": "summary",
}


# How a step hands each word of an input on; what is in the words is never looked at by the shell.
EACH_WORD = """set -f
with=()
for word in $INSTALL; do
  case "$word" in .|./*) word="project/$word" ;; esac
  with+=(--with "$word")
done
"""


def words(command: str, **given: str) -> list[str]:
    """Return the words that a step's command gives nox; a name nobody gives is an error."""
    stand_in = r"""nox() { printf '%s\0' nox "$@"; }"""
    bash = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", f"{stand_in}\n{command}"]
    env = {"PATH": os.environ["PATH"]} | GIVEN | given
    ran = subprocess.run(bash, env=env, capture_output=True, text=True, check=True)
    return ran.stdout.split("\0")[:-1]


def steps(name: str) -> list[dict[str, Any]]:
    """Return every step of a workflow."""
    return [step for job in jobs(name).values() for step in job["steps"]]


@pytest.mark.parametrize(("name", "job", "command"), STEPS)
def test_every_step_is_one_nox_command_that_can_be_given_by_hand(
    name: str, job: str, command: str
) -> None:
    nox, dash, session, *rest = words(command)
    assert (nox, dash) == ("nox", "-s"), f"{name}, {job}"
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert f"def {session}(session: nox.Session)" in noxfile
    if session in ("lint", "tests"):
        assert not rest
        return
    options = parse([{"matrix": "run"}.get(session, session), *rest[1:]])
    assert type(options) in COMMANDS


def test_there_are_steps_to_look_at() -> None:
    assert {(name, job) for name, job, _ in STEPS} == {
        ("matrix.yml", "plan"),
        ("matrix.yml", "cells"),
        ("matrix.yml", "verdict"),
        ("pages.yml", "build"),
        ("releases.yml", "unknown"),
        ("tests.yml", "tests"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_others_may_have_written_is_no_part_of_a_script(name: str) -> None:
    for step in steps(name):
        assert not EXPRESSION.search(step.get("run", ""))
        run = step.get("run", "").replace(EACH_WORD, "").replace('"${with[@]}"', "")
        assert "$" not in re.sub(r'"\$[A-Z_]+"', "", run)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_do_nothing_but_read(name: str) -> None:
    assert load(name)["permissions"] == {}
    for job, what in jobs(name).items():
        if (name, job) != PUBLISHES:
            assert what["permissions"] == {"contents": "read"}
        assert what["timeout-minutes"] <= 120


def test_the_one_job_that_may_publish_runs_nothing_and_knows_one_branch() -> None:
    name, job = PUBLISHES
    what = jobs(name)[job]
    assert what["permissions"] == {"pages": "write", "id-token": "write"}
    assert what["needs"] == "build"
    assert what["if"] == "${{ github.ref_name == github.event.repository.default_branch }}"
    assert [step["uses"].partition("@")[0] for step in what["steps"]] == ["actions/deploy-pages"]
    upload = next(step for step in jobs(name)["build"]["steps"] if "path" in step.get("with", {}))
    told = words(next(command for workflow, _, command in STEPS if workflow == name))
    made = parse([told[2], *told[4:]])
    assert Path(upload["with"]["path"]) == made.state.relative_to(Path.cwd()) / "reference"
    assert made.reference


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(name: str) -> None:
    text = (WORKFLOWS / name).read_text(encoding="utf-8")
    used = re.findall(r"(?m)^ +(?:- )?uses: (.*)", text)
    assert len(used) == sum("uses" in step for step in steps(name)) > 0
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_leaves_no_credentials_behind(name: str) -> None:
    found = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert found
    assert all(step["with"]["persist-credentials"] is False for step in found)


@pytest.mark.parametrize("name", NAMES)
def test_nox_is_installed_before_it_is_used(name: str) -> None:
    for job in jobs(name).values():
        runs = [step["run"] for step in job["steps"] if "run" in step]
        if not runs:
            assert job == jobs(PUBLISHES[0])[PUBLISHES[1]]
            continue
        assert INSTALLS_NOX.fullmatch(runs[0])


def test_the_one_job_to_require_judges_whatever_became_of_the_others() -> None:
    verdict = jobs("matrix.yml")["verdict"]
    assert verdict["needs"] == ["plan", "cells"]
    assert verdict["if"] == "${{ always() }}"
    judges = next(step for step in verdict["steps"] if "nox -s report" in step.get("run", ""))
    assert "--strict" in words(judges["run"])
    assert judges["if"] == "${{ !cancelled() }}"


def test_another_project_needs_no_more_than_a_folder_of_probes() -> None:
    # YAML reads the word `on` as true.
    called = load("matrix.yml")[True]["workflow_call"]["inputs"]  # type: ignore[index]
    assert all("default" in given for given in called.values())
    assert called["selectors"]["default"] == "minors"


@pytest.mark.parametrize("job", ["plan", "cells", "verdict"])
def test_who_calls_it_by_a_tag_or_a_commit_runs_the_suite_of_that_commit(job: str) -> None:
    # In a called workflow `github` is the caller's, and `job` says where the workflow came from:
    # https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#job-context
    suite, project, *rest = jobs("matrix.yml")[job]["steps"]
    assert suite["with"] == {
        "repository": "${{ job.workflow_repository || github.repository }}",
        "ref": "${{ job.workflow_sha || github.sha }}",
        "persist-credentials": False,
    }
    # The caller's own comes after, beside it: the first one empties the folder.
    assert (project["if"], project["with"]["path"]) == ("${{ inputs.probes }}", "project")
    assert project["with"].keys() == {"path", "persist-credentials"}
    assert not any("checkout" in step.get("uses", "") for step in rest)


def test_plan_and_verdict_select_from_the_same() -> None:
    told = [
        parse([command.split()[2], *words(command)[4:]])
        for _, job, command in STEPS
        if job in ("plan", "verdict") and "merge" not in command
    ]
    same = [(o.selectors, o.platform, o.pythons, o.pre, o.probe, o.probes, o.state) for o in told]
    assert len(same) == 2
    assert same[0] == same[1]
    assert told[0].selectors == ("seed", ">=0.60, <0.64", "cp311")


def cells_step() -> str:
    return next(command for name, job, command in STEPS if (name, job) == ("matrix.yml", "cells"))


def test_each_word_to_install_is_an_option_of_its_own_and_nothing_more(tmp_path: Path) -> None:
    harm = f"$(touch${{IFS}}{tmp_path}/harm) `touch {tmp_path}/harm` ;touch * 'a b' --fresh"
    told = words(cells_step(), INSTALL=f". ./sub quantecon==0.11.* {harm}")
    given = [after for word, after in itertools.pairwise(told) if word == "--with"]
    assert given[:3] == ["project/.", "project/./sub", "quantecon==0.11.*"]
    assert given[3:] == harm.split()
    assert not (tmp_path / "harm").exists()
    assert "--with" not in words(cells_step(), INSTALL="")
    assert told[-1] == words(cells_step(), INSTALL="  ")[-1] == GIVEN["CELLS"]


class Given(dict[str, Any]):
    """What an expression reads; what is not there is null."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


def evaluated(name: str, event: str, **inputs: Any) -> Any:
    """Return what a variable of matrix.yml holds, for inputs that were given in an event."""
    (text,) = EXPRESSION.findall(load("matrix.yml")["env"][name])
    for theirs, ours in (("||", " or "), ("&&", " and ")):
        text = text.replace(theirs, ours)
    known = {
        "inputs": Given(inputs),
        "github": Given(event_name=event),
        "toJSON": json.dumps,
        "format": lambda form, *parts: form.format(*parts),
    }
    return eval(text, {"__builtins__": {}}, known)  # noqa: S307 (ours, and of these names alone)


CALLED = {"selectors": "minors", "shards": "2", "pre": False, "platforms": "", "install": ""}


@pytest.mark.parametrize(
    ("event", "inputs", "holds"),
    [
        ("schedule", {}, ("all", "8", "--pre")),
        ("push", {}, ("minors", "2", "--no-pre")),
        ("schedule", CALLED, ("minors", "2", "--no-pre")),
        ("schedule", CALLED | {"selectors": "", "shards": ""}, ("minors", "2", "--no-pre")),
        ("schedule", CALLED | {"pre": True}, ("minors", "2", "--pre")),
        ("workflow_dispatch", {"selectors": "seed", "pre": False}, ("seed", "2", "--no-pre")),
    ],
)
def test_what_a_caller_leaves_off_stays_off_on_a_schedule(
    event: str, inputs: dict[str, Any], holds: tuple[str, str, str]
) -> None:
    named = ("SELECTORS", "SHARDS", "PRE")
    assert tuple(evaluated(name, event, **inputs) for name in named) == holds


def test_the_workflow_to_copy_calls_this_one_with_inputs_that_it_has() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"(?s)```yaml\n(name: .*?)```", readme)
    copied = yaml.safe_load(text)
    assert copied[True].keys() == {"schedule", "workflow_dispatch"}
    assert copied["permissions"] == {}
    (job,) = copied["jobs"].values()
    assert re.fullmatch(r"OWNER/numba-matrix/\.github/workflows/matrix\.yml@v\d+", job["uses"])
    assert job["permissions"] == {"contents": "read"}
    called = load("matrix.yml")[True]["workflow_call"]["inputs"]  # type: ignore[index]
    assert job["with"].keys() <= called.keys()
    assert job["with"].keys() >= {"probes", "install", "selectors", "platforms"}
    install = words(cells_step(), INSTALL=job["with"]["install"])
    given = [after for word, after in itertools.pairwise(install) if word == "--with"]
    assert given == ["project/."]
    assert parse([install[2].replace("matrix", "run"), *install[4:]]).with_ == ("project/.",)
    selected = parse(["report", job["with"]["selectors"], "--platform", job["with"]["platforms"]])
    assert selected.platform == ("linux-x86_64",)
