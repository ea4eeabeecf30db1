"""What `run()` and `other()` of a race give in plain Python, one after the other, and then once more.

In: a function that does what a role does. Out: their four values; each is of a process of its own.
"""

import json
import os
import signal
import sys

from evidence import shown

ROLES = ("run", "other")
BEFORE = "before"  # by a process that has ended when they begin; a probe may have none


def nothing():
    """Do what a probe does before a race that asks for nothing."""


class NoFork(Exception):
    """Without a fork the orders of a race cannot be tried: nothing is known of it here."""


class FailedInTurn(Exception):
    """A process did not even do well with nobody beside it."""


def in_turn(call):
    """Return what each role gives, first to last; raises FailedInTurn, NoFork."""
    if not hasattr(os, "fork"):
        raise NoFork("this platform cannot fork, so no order of a race was tried")
    in_a_fork(lambda: call(BEFORE), BEFORE)
    return [in_a_fork(lambda role=role: call(role), role) for role in ROLES * 2]


def in_a_fork(function, role):
    ours, theirs = os.pipe()
    if not os.fork():
        try:
            told = {"value": shown(function(), ())}
        except BaseException as error:
            sys.excepthook(*sys.exc_info())
            told = {"raised": "{}: {}".format(type(error).__name__, error)}
        os.write(theirs, json.dumps(told).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        told = json.loads(answer.read().decode() or "{}")
    _, status = os.wait()
    if "value" not in told:
        how = "ended, and gave nothing"
        if os.WIFSIGNALED(status):
            how = "was ended by {}".format(signal.Signals(os.WTERMSIG(status)).name)
        raise FailedInTurn("{}() {}".format(role, told.get("raised", how)))
    return told["value"]
