"""A workflow's steps as GitHub would run them, but here: `run` in bash, artifacts as folders.

In: a workflow file, what its expressions stand for. Out: the steps, done in order in a clone.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
INSTALLS_NOX = re.compile(r"uv tool install --python 3\.\d+ nox")

Step = dict[str, Any]


def load(name: str) -> dict[str, Any]:
    """Return a workflow, parsed."""
    document: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return document


def jobs(name: str) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow."""
    found: dict[str, dict[str, Any]] = load(name)["jobs"]
    return found


def commands(name: str) -> Iterator[tuple[str, str]]:
    """Give the job and the command of each step of a workflow that runs one, nox's own aside."""
    for job, what in jobs(name).items():
        for step in what["steps"]:
            if "run" in step and not INSTALLS_NOX.fullmatch(step["run"]):
                yield job, step["run"]


class Machine(msgspec.Struct, frozen=True):
    """A clone of the project on a machine of its own; `artifacts` is what all machines share."""

    clone: Path
    artifacts: Path
    env: Mapping[str, str]
    stands_for: Mapping[str, str]

    def filled(self, text: str) -> str:
        """Return text with its expressions replaced; an expression nobody foresaw is an error."""
        return EXPRESSION.sub(lambda found: self.stands_for[found[1]], text)

    def do(self, job: dict[str, Any]) -> int:
        """Do every step of a job in order, later ones even if one fails; return the worst status.

        A step for another case than the one at hand (`if` stands for "") is left out.
        """
        env = {name: self.filled(value) for name, value in job.get("env", {}).items()}
        return max(self._step(step, env) for step in job["steps"])

    def _step(self, step: Step, env: Mapping[str, str]) -> int:
        if "if" in step and not self.filled(step["if"]):
            return 0
        action = step.get("uses", "").partition("@")[0]
        given = {k: self.filled(str(v)) for k, v in step.get("with", {}).items()}
        if action == "actions/upload-artifact":
            self._upload(given["name"], given["path"])
        elif action == "actions/download-artifact":
            self._download(given["pattern"], given["path"])
        elif not action and not INSTALLS_NOX.fullmatch(step["run"]):
            return self.run(step["run"], env)
        return 0

    def run(self, command: str, env: Mapping[str, str] = os.environ) -> int:
        """Run a step's command in the shell that GitHub uses; return its exit status."""
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
        ran = subprocess.run(
            bash, cwd=self.clone, env={**os.environ, **self.env, **env},
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return ran.returncode

    def _upload(self, name: str, pattern: str) -> None:
        # As the action does: what all files have in common of their path is left out.
        folder = pattern.rstrip("/") + "/**/*" if pattern.endswith("/") else pattern
        files = [path for path in self.clone.glob(folder) if path.is_file()]
        top = Path(os.path.commonpath([path.parent for path in files]))
        for path in files:
            target = self.artifacts / name / path.relative_to(top)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    def _download(self, pattern: str, path: str) -> None:
        for artifact in self.artifacts.iterdir():
            if fnmatch.fnmatch(artifact.name, pattern):
                shutil.copytree(artifact, self.clone / path / artifact.name)


def clone(target: Path, environments: Path) -> Path:
    """Copy the project as it is; the environments that nox makes there lie elsewhere."""
    kept_out = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ROOT, target, ignore=kept_out)
    shutil.copytree(ROOT / ".github", target / ".github")
    environments.mkdir(exist_ok=True)
    (target / ".nox").symlink_to(environments, target_is_directory=True)
    return target


def with_nox(folder: Path) -> dict[str, str]:
    """Return the environment in which `nox` is the nox of these tests, and changes nothing else."""
    folder.mkdir(exist_ok=True)
    script = folder / "nox"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nox "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        # This nox is new enough: it need not make an environment for itself in every clone.
        "NOX_SCRIPT_MODE": "none",
    }
