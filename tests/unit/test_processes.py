"""A process ends in its time, with whoever it works for, and with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matrix.run import processes
from tests.cells.driving import alive, linux_only, posix_only, wait_for

pytestmark = posix_only

ROOT = Path(__file__).parents[2]
# Its child leads a session of its own; both say who they are, and neither minds being asked to end.
DEAF = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "3600"], start_new_session=True)
with open(sys.argv[1], "w") as file:
    file.write("%d %d." % (os.getpid(), child.pid))
time.sleep(3600 if len(sys.argv) == 2 else 0)
"""


def pids(path: Path) -> list[int]:
    wait_for(lambda: path.exists() and path.read_text().endswith("."), "a process that waits")
    return [int(pid) for pid in path.read_text().rstrip(".").split()]


@linux_only
def test_nothing_is_left_of_a_command_that_has_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEAF, str(tmp_path / "pids"), "ends"]
    with subprocess.Popen(["sleep", "3600"]) as other:
        assert processes.run(command, grace_s=1) == 0
        assert not any(map(alive, pids(tmp_path / "pids")))
        assert alive(other.pid)
        other.kill()


@linux_only
def test_what_is_overdue_is_killed_with_all_it_started(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEAF, str(tmp_path / "pids")]
    with pytest.raises(processes.Overdue):
        processes.run(command, grace_s=0.1, overdue=(tmp_path / "pids").exists)
    assert not any(map(alive, pids(tmp_path / "pids")))


def test_what_is_stopped_goes_on_and_its_status_is_its_own() -> None:
    stops = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); raise SystemExit(7)"
    assert processes.run([sys.executable, "-c", stops], grace_s=1) == 7
    dies = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert processes.run([sys.executable, "-c", dies], grace_s=1) == -signal.SIGKILL


RUNS = """
import sys
from matrix.run import processes
processes.listen()
if len(sys.argv) > 3:
    processes.end_with(int(sys.argv[3]))
try:
    processes.run([sys.executable, "-c", sys.argv[1], sys.argv[2]], grace_s=0.5)
except KeyboardInterrupt:
    print("interrupted")
"""


def ignore_interrupts() -> None:
    """Do as a shell does for what a script starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@linux_only
def test_one_who_ignores_interrupts_ends_when_asked_and_what_he_started_can_be_interrupted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pids"
    sleeps = DEAF.replace("SIGTERM, signal.SIG_IGN", "SIGTERM, signal.default_int_handler")
    with subprocess.Popen(
        [sys.executable, "-c", RUNS, sleeps, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=ignore_interrupts,  # noqa: PLW1509 (no thread of ours holds anything)
    ) as process:
        inner = pids(path)
        handled = Path(f"/proc/{inner[0]}/status").read_text(encoding="utf-8")
        ignored = next(line for line in handled.splitlines() if line.startswith("SigIgn"))
        assert not int(ignored.split()[1], 16) >> (signal.SIGINT - 1) & 1
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
    assert said == "interrupted\n"
    assert not any(map(alive, inner))


@linux_only
def test_one_whose_parent_is_gone_ends_with_all_he_started(tmp_path: Path) -> None:
    path = tmp_path / "pids"
    starts = (
        "import os, subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, '-c', {RUNS!r}, {DEAF!r}, {str(path)!r},"
        " str(os.getpid())]); time.sleep(3600)"
    )
    with subprocess.Popen([sys.executable, "-c", starts], cwd=ROOT) as parent:
        left = pids(path)
        parent.kill()
    wait_for(lambda: not any(map(alive, left)), f"the end of {left}")


def test_one_whose_work_is_over_is_interrupted() -> None:
    ends = (
        "import os, time; from matrix.run import processes; processes.listen();"
        "processes.end_with(os.getppid(), lambda: True); time.sleep(3600)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ends], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "KeyboardInterrupt" in done.stderr


def test_patience_ends_when_nothing_is_added_for_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    patience = processes.Patience(tmp_path / "out.jsonl", 10)
    now[0] = 9.0
    assert not patience.has_ended()
    (tmp_path / "out.jsonl").write_text("line")
    assert not patience.has_ended()
    now[0] = 19.0
    assert not patience.has_ended()
    now[0] = 19.1
    assert patience.has_ended()


def test_a_console_without_the_letters_prints_escapes() -> None:
    prints = (
        "from matrix.run import processes; processes.escape_what_has_no_letters(); print('\\u0142')"
    )
    done = subprocess.run(
        [sys.executable, "-c", prints],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == b"\\u0142"
