"""What a run runs are copies, and what it files is of these."""

from __future__ import annotations

import shutil
from pathlib import Path

from matrix.experiments.probe import discover, runner_digest
from matrix.plan.staging import stage
from matrix.project import PROBES


def test_what_is_staged_is_what_is_there_now_and_stays_that(tmp_path: Path) -> None:
    home, locks = tmp_path / "home", tmp_path / "locks"
    shutil.copytree(PROBES / "_cell", home / "_cell")
    (home / "cache").mkdir()
    (home / "aot").mkdir()
    locks.mkdir()
    for name in ("cache/kept", "cache/edited", "aot/gone"):
        (home / f"{name}.py").write_text("def run():\n    return 1\n")
    (locks / "numba-0.57.0.txt").write_text("numba==0.57.0\n")
    planned = {probe.id: probe for probe in discover(home)}
    (home / "cache/edited.py").write_text("def run():\n    return 2\n")
    (home / "aot/gone.py").unlink()

    said: list[str] = []
    (tmp_path / "staged" / "probes" / "_cell").mkdir(parents=True)
    (tmp_path / "staged" / "probes" / "_cell" / "of_another_run.py").touch()
    releases = ("0.57.0", "0.58.0", "0.57.0")
    staged = stage(
        tmp_path / "staged", planned.values(), releases, home=home, locks=locks, say=said.append
    )
    assert sorted(staged.probes) == ["cache/edited", "cache/kept"]
    assert staged.probes["cache/kept"].sha256 == planned["cache/kept"].sha256
    assert staged.probes["cache/edited"].sha256 != planned["cache/edited"].sha256
    assert staged.probes["cache/edited"].path.read_text().endswith("2\n")
    assert [line.partition(":")[0] for line in said] == ["aot/gone is not run"]
    assert staged.runner == runner_digest(home) == runner_digest(staged.runner_folder.parent)
    assert [path.name for path in staged.locks.iterdir()] == ["numba-0.57.0.txt"]
