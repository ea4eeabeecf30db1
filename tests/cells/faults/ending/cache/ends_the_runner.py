"""Ends the process that carries all probes out, as soon as something is compiled."""

import os
import signal

from numba import config, njit


@njit(cache=True)
def double(n):
    return 2 * n


def runner(pid):
    """The process above this one that was told its job by the driver."""
    with open("/proc/{}/cmdline".format(pid), "rb") as file:
        words = file.read().rstrip(b"\0").split(b"\0")
    if words[-1].endswith(b"/job.json"):
        return pid
    with open("/proc/{}/stat".format(pid)) as file:
        return runner(int(file.read().rpartition(")")[2].split()[1]))


def run():
    if not config.DISABLE_JIT:
        os.kill(runner(os.getppid()), signal.SIGKILL)
    return double(21)
