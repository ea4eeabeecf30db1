"""Stops the process that runs its cell and the one above it: sessions of nox."""
import os
import signal

from numba import njit


def parent_of(pid):
    with open("/proc/{}/stat".format(pid)) as file:
        return int(file.read().rpartition(")")[2].split()[1])


def words_of(pid):
    with open("/proc/{}/cmdline".format(pid)) as file:
        return file.read()


@njit(cache=True)
def double(n):
    return 2 * n


def run():
    above = os.getpid()
    while above > 1:
        above = parent_of(above)
        if "nox" in words_of(above) and "--session" in words_of(above):
            os.kill(above, signal.SIGSTOP)
            break
    return double(2)
