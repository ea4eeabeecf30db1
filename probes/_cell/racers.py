"""The processes of a race: those that write one cache at once, and those that load it later.

In: a channel, on which one is asked for. Out: on the channel. Exec'd once to write, once to load:
as with generations, what loads was never forked from what compiled.
"""

import gc
import importlib
import json
import os
import socket
import sys
import traceback

import contain
import gate
import observe
import phase
import turns
from evidence import places, shown


def take_part(order):
    """Import the probe where it lies, as a user's program; return the module."""
    folder = os.path.dirname(order["path"])
    phase.be_at_home(folder)
    os.chdir(folder)
    return phase.load_probe(order["path"])


def write(order, role, channel):
    """Do what the role does, held at the gate, and say what came of it."""
    held = gate.Gate(channel, os.path.dirname(order["path"]))
    hidden = places(order["scratch"])
    try:
        module = take_part(order)
        held.may_die = role == "run" and getattr(module, "KILLED", False)
        held.shut()
        told = {"value": shown(getattr(module, role)(), hidden)}
        if held.unheld:
            raise gate.NotHeld(held.unheld)
    except BaseException as error:
        told = dict(phase.what_was_raised(error, hidden), trace=traceback.format_exc()[-2000:])
    gate.send(held.channel, done=told)
    os._exit(0)


def load(order, role):
    """Do what the role does with nobody beside it, and write down what it gave."""
    results = phase.Results(order["results"])
    hidden = places(order["scratch"])
    try:
        results.say(value=shown(getattr(take_part(order), role, turns.nothing)(), hidden))
    except BaseException as error:
        results.say(**phase.what_was_raised(error, hidden))


def start(told, channel, order):
    """Fork a process that writes, on a channel of its own; say which it is."""
    pid = os.fork()
    if not pid:
        channel.close()
        write(order, told["role"], socket.socket(fileno=told["fd"]))
    os.close(told["fd"])
    gate.send(channel, pid=pid)


def answer_loading(told, channel, order, limit_s):
    observe.prepare(order)
    ending = contain.run_fork(lambda: load(order, told["role"]), limit_s)
    said = observe.said(order["results"])
    kept = {name: said[name] for name in ("value", "exception", "message") if name in said}
    how = "timed_out" if ending.timed_out else ending.signal or ending.code
    gate.send(channel, said=kept, how=how)


def main(fd, job):
    channel = socket.socket(fileno=fd)
    contain.forbid_core_files()
    contain.work_for(os.getppid())
    importlib.import_module("numba")
    if job["patch"]:
        phase.run_patch(job["patch"], phase.Results(os.devnull))
    phase.load_probe(job["waker"]).wake(may_compile=job["writes"])
    if hasattr(gc, "freeze"):
        # Keeps the collector of every fork off the pages it shares with us.
        gc.collect()
        gc.freeze()
    gate.send(channel, ready=True)
    order = None
    while True:
        told = gate.receive(channel)
        if not told:
            return
        order = told.get("order", order)
        if told["do"] == "start":
            start(told, channel, order)
        elif told["do"] == "load":
            answer_loading(told, channel, order, job["timeout_s"])
        else:
            _, status = os.waitpid(told["pid"], 0)
            gate.send(channel, code=-os.WTERMSIG(status) if os.WIFSIGNALED(status) else status >> 8)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
