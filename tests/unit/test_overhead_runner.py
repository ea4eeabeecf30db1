"""The in-cell side of overhead: what it runs in which order, and what it refuses to time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.in_cell import PROBES

# Behaves as the real ones do towards the cache, without Numba.
PROGRAM = """\
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
names = [os.path.join(here, "f{}.{}".format(i, s)) for i in range(3) for s in ("nbi", "nbc")]
warm = os.path.exists(names[0])
for name in names:
    if not warm:
        open(name, "w").close()
print("a program may print")
seen = {"steps": {"a step": 0.25}, "returned": [21]}
seen.update(hits=3 if warm else 0, misses=0 if warm else 3)
with open(sys.argv[1], "w") as file:
    json.dump(seen, file)
"""
# Everything but saying what the cell consists of, which takes Numba.
MEASURE = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
import overhead
overhead.introduce = lambda job: None
sys.exit(overhead.main(sys.argv[1]))
"""


def measure(folder: Path, *programs: str, repetition: int = 1, timeout: float = 20) -> Any:
    """Run the runner on programs of this source; return its status, what it said, its lines."""
    job: dict[str, Any] = {
        "cell": "0.57.0-cp311",
        "scratch": str(folder / "scratch"),
        "out": str(folder / "out.jsonl"),
        "timeout_s": timeout,
        "repetition": repetition,
        "repeat": 2,
        "probes": [],
    }
    for number, source in enumerate(programs):
        path = folder / f"program{number}.py"
        path.write_text(source, encoding="utf-8")
        job["probes"].append({"id": path.stem, "path": str(path)})
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-c", MEASURE, str(PROBES / "_cell"), str(folder / "job.json")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    return ran.returncode, ran.stdout.splitlines(), lines


@pytest.mark.parametrize("repetition", [1, 2])
def test_every_program_runs_cold_and_then_warm(tmp_path: Path, repetition: int) -> None:
    status, said, lines = measure(tmp_path, PROGRAM, PROGRAM, repetition=repetition)
    assert status == 0
    assert [line.split(",")[0] for line in said] == [f"0.57.0-cp311: {repetition} of 2"]
    *samples, last = lines
    assert last == {"done": True}
    assert [(s["repetition"], s["program"], s["run"]) for s in samples] == [
        (repetition, program, run)
        for program in ("program0", "program1")
        for run in ("cold", "warm")
    ]


def test_a_sample_has_its_steps_and_what_surrounded_it(tmp_path: Path) -> None:
    _, _, (sample, *_) = measure(tmp_path, PROGRAM)
    assert sample["steps"] == {"a step": 0.25}
    assert sample["wall_s"] > 0
    assert sample["load_before"] >= 0
    assert sample["load_after"] >= 0


@pytest.mark.parametrize(("repetition", "processes"), [(1, "xxxx"), (2, "xx")])
def test_a_cell_is_run_once_before_anything_is_ever_timed(
    tmp_path: Path, repetition: int, processes: str
) -> None:
    counting = f"open({str(tmp_path / 'count')!r}, 'a').write('x')\n{PROGRAM}"
    _, _, lines = measure(tmp_path, counting, repetition=repetition)
    assert (tmp_path / "count").read_text() == processes
    assert len(lines) == 3


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path) -> None:
    measure(tmp_path, PROGRAM)
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (PROGRAM.replace("0 if warm else 3", "1 if warm else 3"), "warm: the cache was not warm"),
        (PROGRAM.replace("3 if warm else 0", "3"), "cold: the cache was not cold"),
        (PROGRAM.replace("range(3)", "range(2)"), "cold: the cache was not cold"),
        (PROGRAM.replace("if not warm:\n        open", "if 1:\n        open").replace(
            '"w").close', '"a").write(str(warm))or(lambda: 0)'), "warm: the cache was not warm"),
        (PROGRAM.replace("[21]", "[21 + warm]"), "compiled they returned [21], loaded [22]"),
        (PROGRAM + "raise SystemExit(3)", "cold: status 3"),
        (PROGRAM + "os.kill(os.getpid(), 11)", "cold: SIGSEGV"),
        (PROGRAM + "raise ValueError('of its own')", "of its own"),
        ("import time; time.sleep(60)", "cold: timed out"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_is_called_is_not_timed(tmp_path: Path, spoilt: str, why: str) -> None:
    status, said, lines = measure(tmp_path, spoilt, timeout=2)
    assert status == 1
    assert said == []
    assert len(lines) == 1
    assert why in lines[0]["failed"]


def test_a_cell_without_numba_says_that_it_does_not_import(tmp_path: Path) -> None:
    job = {"cell": "c", "scratch": str(tmp_path / "s"), "out": str(tmp_path / "o"), "timeout_s": 20}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, str(PROBES / "_cell" / "overhead.py"), str(tmp_path / "job.json")]
    assert subprocess.run(command, check=False).returncode == 1
    assert (
        "importing Numba: status 1\nTraceback" in json.loads((tmp_path / "o").read_text())["failed"]
    )
