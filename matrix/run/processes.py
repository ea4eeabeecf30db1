"""Processes that end: in their time, with whoever they work for, and with all that they started.

In: a command. Out: its status, and nothing of it left. What it started is ended on Linux wherever
it hid, elsewhere as far as it stayed in its group. Standard library only: noxfile.py needs it too.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

# The environment variable in which a process that ends with its parent is told which that is.
PARENT = "NUMBA_MATRIX_PARENT"
# And that in which the driver is told from where nox was started: nox itself goes to its noxfile.
FROM = "NUMBA_MATRIX_FROM"
POSIX = os.name == "posix"
PR_SET_CHILD_SUBREAPER = 36
LOOK_S = 0.02  # how often a process is looked at
WAKE_S = 2.0  # how often what is below it is
ASK_S = 0.25  # and how often one asks whether one's parent is still there
GRACE_S = 20.0  # for what cleans up when it is interrupted


SILENT = "the in-cell runner was ended: it said nothing"


class Overdue(Exception):
    """A command took longer than it may, and was ended."""


def escape_what_has_no_letters() -> None:
    """Have this process print what its terminal cannot show as escapes, not die of it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def listen() -> None:
    """Take a request to end as the Ctrl-C it amounts to.

    A shell has its background jobs ignore Ctrl-C. So do we then, but by a handler: what we start
    does not inherit that one, and can be interrupted.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, _pass_over)
    signal.signal(signal.SIGTERM, _interrupt)


def end_with(parent: int, over: Callable[[], bool] = lambda: False) -> None:
    """Interrupt this process when its `parent` is gone (POSIX), or what it works for is `over`."""

    def watch() -> None:
        while os.getppid() == parent and not over():
            time.sleep(ASK_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os.kill(os.getpid(), signal.SIGKILL if POSIX else signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def run(
    command: Sequence[str],
    *,
    grace_s: float,
    overdue: Callable[[], bool] = lambda: False,
    stdout: IO[str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    """Run a command to its end and return its status; whatever happens, nothing of it is left.

    It leads a group of its own: a Ctrl-C reaches it through us, and only once. When we are
    interrupted it is asked to end, and made to after `grace_s` seconds.

    Raises:
        Overdue: it was ended because `overdue` said so.
        OSError: it did not start.
    """
    _adopt_orphans()
    others = set(_children())
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=None if stdout is None else subprocess.STDOUT,
        env=environment,
        cwd=folder,
        process_group=0 if POSIX else None,
    )
    try:
        return _wait(process, overdue)
    finally:
        with _undisturbed():
            if process.returncode is None:
                _ask_to_end(process, grace_s)
            _end_the_rest(process, others)


def in_foreground(
    command: Sequence[str], environment: Mapping[str, str] | None, folder: Path
) -> int:
    """Run a command that a user talks to, and return its status; raises OSError.

    Where there is a terminal it is the command's alone, so that a Ctrl-C interrupts nothing else.
    """
    terminal = POSIX and sys.stdin.isatty()

    def take_it() -> None:
        os.setpgrp()
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else taking it stops us
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, before)

    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        preexec_fn=take_it if terminal else None,  # noqa: PLW1509 (our threads hold nothing)
    )
    try:
        return process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        if terminal:
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpgrp())
            signal.signal(signal.SIGTTOU, before)


def _wait(process: subprocess.Popen[bytes], overdue: Callable[[], bool]) -> int:
    looked = time.monotonic()
    while process.returncode is None:
        if overdue():
            raise Overdue
        _look(process)
        if time.monotonic() - looked > WAKE_S:
            _wake(process.pid)
            looked = time.monotonic()
    return process.returncode


def _wake(leader: int) -> None:
    """Set going again what a probe has stopped below a process: nox, its sessions, the runner."""
    below, stopped = {leader}, []
    for pid, parent, state in sorted(_processes()):
        if parent in below:
            stopped += [pid] if state == "T" else []
            # What a probe does to itself is its own: we look no further than the in-cell runner.
            below |= set() if _words(pid).endswith(b"/job.json\0") else {pid}
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGCONT)


def _look(process: subprocess.Popen[bytes]) -> None:
    """See whether a process has ended, and set one going that was stopped: by what it runs."""
    if not POSIX:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_S)
        return
    pid, status = os.waitpid(process.pid, os.WNOHANG | os.WUNTRACED)
    if not pid:
        time.sleep(LOOK_S)
    elif os.WIFSTOPPED(status):
        os.kill(pid, signal.SIGCONT)
    else:
        process.returncode = os.waitstatus_to_exitcode(status)


def _ask_to_end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask, and wait. On Windows all of our console had the Ctrl-C itself."""
    if POSIX:
        # All of its group: nox takes what a program of its ends well with for no interrupt.
        os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while process.returncode is None and time.monotonic() < deadline:
        _look(process)


def _end_the_rest(process: subprocess.Popen[bytes], others: set[int]) -> None:
    """Kill what is left of a process and of what it started, but none of our `others`."""
    if not POSIX:
        if process.poll() is None:
            kill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True, check=False)
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # Killing one hands us those that it had started.
    while left := set(_children()) - others:
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _adopt_orphans() -> None:
    """Ask Linux to hand us the orphans of our children, so that none can hide from us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> list[int]:
    """Return our direct children."""
    return [pid for pid, parent, *_ in _processes() if parent == os.getpid()]


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _processes() -> Iterator[tuple[int, int, str]]:
    """Yield each process, its parent and its state (Linux; elsewhere there are none to see)."""
    for path in Path("/proc").glob("[0-9]*/stat") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield int(path.parent.name), int(fields[1]), fields[0]


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Pass over requests to end: this is the ending already."""
    before = {
        number: signal.signal(number, _pass_over) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _pass_over(*_: object) -> None:
    """Do nothing; unlike SIG_IGN, a handler is nothing that a new process inherits."""


class Patience:
    """Ends when a file has not grown for `limit_s` seconds.

    The runner bounds each of its phases and writes down each. But a probe can get at the runner.
    """

    def __init__(self, file: Path, limit_s: float) -> None:
        self.file, self.limit_s = file, limit_s
        self.size, self.since = 0, time.monotonic()

    def has_ended(self) -> bool:
        """Whether nothing has been heard for too long."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        return time.monotonic() - self.since > self.limit_s
