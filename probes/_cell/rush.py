"""How often a race is lost with nobody forcing it: processes that all start at once on a cold folder.

In: a probe of `race/`, how many rounds, how many processes in each. Out: on stdout, as JSON, how many
rounds went wrong, and how. Run it with the Python of a cell: the parent of the processes has imported
Numba, so that they are at it at the same time; what loads afterwards is forked from another.
"""

import collections
import functools
import json
import os
import shutil
import sys
import tempfile

import contain
import observe
import phase
import turns
from evidence import same
from held import HERE, Parent
from racers import take_part


def go_before(order):
    """Do what is to be done by one process before the others start."""
    return getattr(take_part(order), turns.BEFORE, turns.nothing)()


def go_at(start, order, role):
    """Wait until all may, do what the role does, and return the words for what came of it."""
    start.read()
    try:
        return ["value", getattr(take_part(order), role)()]
    except Exception as error:
        return ["raised", type(error).__name__]


def one_round(order, number):
    """Let `number` processes go at once; return what each of them came to, with its role."""
    wait, start = os.pipe()
    answers = []
    for i in range(number):
        ours, theirs = os.pipe()
        role = turns.ROLES[i % 2]
        if not os.fork():
            os.close(start)
            told = go_at(os.fdopen(wait, "rb"), order, role)
            os.write(theirs, json.dumps(told).encode())
            os._exit(0)
        os.close(theirs)
        answers.append((role, os.fdopen(ours, "rb")))
    os.close(wait)
    os.close(start)
    came_to = [
        (role, json.loads(answer.read().decode() or '["died", ""]')) for role, answer in answers
    ]
    for _ in range(number):
        os.wait()
    return came_to


def begin(source, order):
    """Lay the probe out with nothing cached, and have done what is to be done before."""
    folder, near = os.path.dirname(order["path"]), os.path.dirname(source)
    shutil.rmtree(folder, ignore_errors=True)
    names = [name for name in os.listdir(near) if name.startswith("_") and name.endswith(".py")]
    observe.stage(source, folder, {name: os.path.join(near, name) for name in names})
    turns.in_a_fork(functools.partial(go_before, order), turns.BEFORE)


def main(source, rounds, number):
    scratch = tempfile.mkdtemp()
    try:
        rush(source, rounds, number, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def rush(source, rounds, number, scratch):
    waker = observe.stage(os.path.join(HERE, "waker.py"), os.path.join(scratch, "waker"))
    job = {"scratch": scratch, "patch": None, "waker": waker, "timeout_s": 120}
    contain.forbid_core_files()
    phase.load_probe(waker).wake(may_compile=True)
    loaders = Parent(False, dict(job, writes=False))
    folder = os.path.join(scratch, "probe")
    order = {"path": os.path.join(folder, os.path.basename(source)), "scratch": scratch}
    order["results"] = os.path.join(scratch, "results", "later")
    begin(source, order)
    # One may change what the other gives: what is right is what they give in turn, and then again.
    right = {role: [] for role in turns.ROLES}
    for role in turns.ROLES * 2:
        told = loaders.load(role, order)["said"]
        if "value" not in told:
            sys.exit("{}() gave nothing by itself: {}".format(role, told))
        right[role].append(told["value"])
    lost = collections.Counter()
    for done in range(1, rounds + 1):
        begin(source, order)
        went = set()
        for role, (how, value) in one_round(order, number):
            if how != "value" or not any(same(value, one) for one in right[role]):
                went.add("at once: {} {}".format(how, value))
        for role in turns.ROLES:
            told = loaders.load(role, order)
            if told["how"] or not same(told["said"].get("value"), right[role][-1]):
                went.add("later: {how} {said}".format(**told))
        lost.update(went)
        if done % 20 == 0 or done == rounds:
            print(json.dumps({"rounds": done, "processes": number, "lost": lost}, sort_keys=True))
            sys.stdout.flush()


def asked(words):
    """Return the file and the two numbers of a command line; exits with 2 where it is no such."""
    if len(words) != 3 or not all(word.isdigit() and int(word) for word in words[1:]):
        sys.stderr.write(
            "usage: rush.py PROBE ROUNDS PROCESSES, such as two_signatures.py 200 16\n"
        )
        sys.exit(2)
    if not os.path.isfile(words[0]):
        sys.stderr.write("error: {}: there is no such probe\n".format(words[0]))
        sys.exit(2)
    return os.path.abspath(words[0]), int(words[1]), int(words[2])


if __name__ == "__main__":
    main(*asked(sys.argv[1:]))
