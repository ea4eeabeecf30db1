"""The processes of a race as they are seen by whoever tries the orders: held, let go, forked, ended.

In: a channel to each, with the gate at its other end. Out: where it is held, or how it ended.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import gate
from surroundings import phase_environment

HERE = os.path.dirname(os.path.abspath(__file__))


class NobodyThere(Exception):
    """A process that the others are forked from has ended, by whatever one of them did to it."""


def asked(channel, fd=None, **what):
    """Return what is answered to this; raises NobodyThere."""
    try:
        gate.send(channel, fd, **what)
        answer = gate.receive(channel)
    except ConnectionError:
        answer = {}
    if not answer:
        raise NobodyThere("a process that races, or loads, was to be forked from one that is gone")
    return answer


class Held:
    """A process at the gate: its channel, the one it was forked from, and what it said last."""

    def __init__(self, channel, pid, parent, state):
        self.channel, self.pid, self.parent, self.state = channel, pid, parent, state
        self.is_kept = False  # where it is held, to be forked there again

    @property
    def op(self):
        """What it is about to do, or None when it has ended."""
        return self.state.get("at")

    def go(self, limit_s, *, busy=False):
        """Let it pass, and take in where it is held next, or how it ended.

        `busy`: the other has the lock that it tries to take.
        """
        self.channel.settimeout(limit_s)
        gate.send(self.channel, do="go", busy=busy)
        self.listen()

    def listen(self):
        try:
            self.state = gate.receive(self.channel)
        except socket.timeout:
            self.state = {"died": "timed_out"}
            os.kill(self.pid, signal.SIGKILL)
        except ConnectionError:
            self.state = {}
        if not self.state:
            # It has ended, or let go of the gate and goes on where nobody sees it.
            os.kill(self.pid, signal.SIGKILL)
            self.state = {"died": self.parent.asked(do="wait", pid=self.pid)["code"]}

    def asked(self, **what):
        """Return what it answers to this; raises NobodyThere."""
        return asked(self.channel, **what)

    def fork(self):
        """Return a copy, held at the same point."""
        ours, theirs = socket.socketpair()
        gate.send(self.channel, theirs.fileno(), do="fork")
        theirs.close()
        return Held(ours, gate.receive(ours)["pid"], self, dict(self.state))

    def kill(self):
        if self.op:
            self.state = {"died": "killed"}
            with contextlib.suppress(OSError):  # of one that has been ended already
                gate.send(self.channel, do="kill")
        self.channel.close()


class Parent:
    """The process that those of one kind are forked from."""

    def __init__(self, writes, job):
        self.channel, theirs = socket.socketpair()
        command = [sys.executable, "-E", "-s", "-X", "faulthandler", "-B"]
        # What loads is led to a waker that was compiled by what writes.
        told = dict(job, writes=writes)
        script = os.path.join(HERE, "racers.py")
        self.process = subprocess.Popen(
            command + [script, str(theirs.fileno()), json.dumps(told)],
            env=phase_environment(job["scratch"], "cold" if writes else "warm"),
            pass_fds=[theirs.fileno()],
            cwd=job["scratch"],
        )
        theirs.close()
        if not gate.receive(self.channel):
            raise RuntimeError("the parent of a race's processes did not start")

    def start(self, role, order, limit_s):
        ours, theirs = socket.socketpair()
        pid = self.asked(theirs.fileno(), do="start", role=role, order=order)["pid"]
        theirs.close()
        started = Held(ours, pid, self, {})
        ours.settimeout(limit_s)
        started.listen()
        return started

    def load(self, role, order):
        order = dict(order, results=order["results"] + "." + role)
        return self.asked(do="load", role=role, order=order)

    def asked(self, fd=None, **what):
        """Return what it answers to this; raises NobodyThere."""
        return asked(self.channel, fd, **what)

    def is_there(self):
        """Whether it is; what a probe has killed is not."""
        return self.process.poll() is None

    def end(self):
        self.channel.close()
        self.process.wait()
