"""Keep one process within bounds: output drained and bounded, a time limit, no survivors, no core.

In: a command to exec, or a function to run in a fork. Out: an `Ending`. On POSIX every process
leads a session of its own, so that what it starts dies with it; on Linux what escapes even that
is adopted by us and killed too.
"""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

POSIX = os.name == "posix"
KEPT = 8192  # bytes kept of either end of a stream
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# The process that we work for.
parent = os.getppid()


class Orphaned(SystemExit):
    """The process that asked for this is gone."""


class Ending:
    """How a process ended. `code` is negative for a signal, as in subprocess; times in seconds."""

    def __init__(self, code, timed_out, wall_s, cpu_s, out, err, strays):
        self.code = code
        self.timed_out = timed_out
        self.wall_s = wall_s
        self.cpu_s = cpu_s
        self.out = out
        self.err = err
        self.strays = strays

    @property
    def signal(self):
        """The name of the signal that ended it ("SIGSEGV"), or None."""
        if self.code is None or self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return "signal {}".format(-self.code)


class Drain(threading.Thread):
    """Reads a pipe to its end, keeping `KEPT` bytes of its head and of its tail."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd, self.head, self.tail, self.total = fd, b"", b"", 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        while True:
            block = os.read(self.fd, 65536)
            if not block:
                os.close(self.fd)
                self.ended.set()
                return
            self.total += len(block)
            room = KEPT - len(self.head)
            self.head += block[:room]
            self.tail = (self.tail + block[room:])[-KEPT:]

    def text(self, patience=2.0):
        """Return what was kept; a pipe that is held open longer than `patience` is left behind."""
        self.join(patience)
        missing = self.total - len(self.head) - len(self.tail)
        gap = "\n[... {} bytes left out ...]\n".format(missing).encode() if missing > 0 else b""
        return (self.head + gap + self.tail).decode("utf-8", "backslashreplace")


def work_for(pid):
    """Take the process `pid` for the one that asked for us, and Linux's help in ending what we start.

    Its orphans are handed to us, so that none can hide in a new session; and if a probe has stopped
    us, the death of `pid` sets us going again, so that we see it.
    """
    global parent  # noqa: PLW0603 (one process works for one other)
    parent = pid
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGCONT), 0, 0, 0)


def forbid_core_files():
    """No core file, however the process dies: a matrix of crashes would fill the disk."""
    if POSIX:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_command(command, environment, folder, limit_s, *, resume=False):
    """Exec `command` in `folder` and return its Ending. POSIX and Windows.

    With `resume` it is set going again when it is stopped: it is ours, and a probe did that.
    """
    options = {"start_new_session": True} if POSIX else {"creationflags": 0x200}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )
    out, err = Drain(os.dup(process.stdout.fileno())), Drain(os.dup(process.stderr.fileno()))
    process.stdout.close()
    process.stderr.close()
    if POSIX:
        return watch(process.pid, started, out, err, limit_s, owner=process, resume=resume)
    return watch_windows(process, out, err, limit_s)


def run_fork(function, limit_s):
    """Run `function` in a forked child that leads its own session; return its Ending. POSIX only."""
    out_r, out_w = os.pipe()
    err_r, err_w = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((quiet, 0), (out_w, 1), (err_w, 2)):
            os.dup2(source, target)
        for fd in (quiet, out_r, out_w, err_r, err_w):
            os.close(fd)
        call_and_exit(function)
    os.close(out_w)
    os.close(err_w)
    return watch(pid, started, Drain(out_r), Drain(err_r), limit_s)


def call_and_exit(function):
    """Call `function`, then end this process as the interpreter would: threads, exit handlers, code.

    What is left out is taking every module apart, which costs a forked child ten times what its
    phase does, page by page of memory shared with its parent.
    """
    code = 1
    try:
        function()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()
        atexit._run_exitfuncs()
        os._exit(code)


def watch(pid, started, out, err, limit_s, owner=None, *, resume=False):
    """Wait for `pid`, `started` then, at most `limit_s`; end its whole session; return the Ending.

    Raises Orphaned when our own parent is gone: nobody is left to read the answer.
    """
    timed_out = False
    pause = 0.001
    try:
        while True:
            flags = os.WNOHANG | (os.WUNTRACED if resume else 0)
            done, status, usage = os.wait4(pid, 0 if timed_out else flags)
            if done and os.WIFSTOPPED(status):
                os.kill(pid, signal.SIGCONT)
            elif done:
                break
            if os.getppid() != parent:
                raise Orphaned()
            if time.monotonic() - started > limit_s:
                timed_out = True
                kill_group(pid)
            # A process that ends closes its stderr, and that wakes us at once; one that closed it
            # before is looked at every so often.
            if err.ended.wait(pause):
                time.sleep(pause / 10)
            pause = min(pause * 1.3, 0.02)
    except BaseException:
        # Somebody wants us gone (Ctrl-C, SIGTERM): the phase must not outlive us.
        end_strays(pid)
        raise
    wall = time.monotonic() - started
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if owner is not None:
        owner.returncode = code
    strays = end_strays(pid)
    cpu = usage.ru_utime + usage.ru_stime
    return Ending(code, timed_out, wall, cpu, out.text(), err.text(), strays)


def watch_windows(process, out, err, limit_s):
    """The same for Windows, where a process tree is ended by taskkill."""
    started = time.monotonic()
    timed_out = False
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        if process.poll() is None:
            subprocess.call(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    code = process.wait()
    wall = time.monotonic() - started
    # Windows has no signals: an unhandled exception code is a crash by another name.
    return Ending(code, timed_out, wall, None, out.text(), err.text(), 0)


def kill_group(pid):
    """Kill the session that `pid` leads, if anything of it is left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_strays(leader):
    """Kill and reap what is left of `leader` and of what it started; return how many there were.

    Only one process runs under us at a time, so every child we still have is one of them.
    """
    kill_group(leader)
    ended = 0
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid:
            ended += 1
            continue
        for child in children_of(os.getpid()):
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


def children_of(parent):
    """Return the pids of the direct children of `parent` (Linux; elsewhere there are none to see)."""
    found = []
    if not sys.platform.startswith("linux"):
        return found
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/{}/stat".format(name), encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found
