"""A race: two processes do `run()` and `other()` at once on one folder, and every order is tried.

In: orders whose `truth` is what plain Python gives. Out: an observation of each. The processes are
held at a gate before each thing they do to the folder (`gate.py`), so one moves at a time, and who
moves next is chosen here: depth first, going back by a fork made where there was a choice.

Two orders that differ only in steps that do not meet on a file are one (Flanagan and Godefroid,
"Dynamic partial-order reduction for model checking software", POPL 2005, with sleep sets).
"""

import hashlib
import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import contain
import gate
import observe
import phase
from evidence import places
from surroundings import phase_environment
from turns import BEFORE, ROLES, FailedInTurn

HERE = os.path.dirname(os.path.abspath(__file__))
# From the worst on: what nobody notices is worse than what everybody does.
WORDS = ("poisoned", "wrong", "crashed", "raised", "timed_out", "sound")
CACHE_FILE = re.compile(r"(?:\w+-)?\w+\.(?P<name>.+)-\d+\.py\d+\w*?(?:\.(?P<number>\d+))?\.nb[ic]$")
TEMPORARY = re.compile(r"\.tmp\.\w+$|(?<=/)tmp\w+$")
TOLERANCE = 1e-9  # of floats, as for every probe


class NotDeterministic(Exception):
    """A process did something else when it was asked to do the same again."""


class Held:
    """A process at the gate: its channel, the one it was forked from, and what it said last."""

    def __init__(self, channel, pid, parent, state):
        self.channel, self.pid, self.parent, self.state = channel, pid, parent, state
        self.is_kept = False  # where it is held, to be forked there again

    @property
    def op(self):
        """What it is about to do, or None when it has ended."""
        return self.state.get("at")

    def go(self, limit_s):
        """Let it pass, and take in where it is held next, or how it ended."""
        self.channel.settimeout(limit_s)
        gate.send(self.channel, do="go")
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
            gate.send(self.parent.channel, do="wait", pid=self.pid)
            self.state = {"died": gate.receive(self.parent.channel)["code"]}

    def fork(self):
        """Return a copy, held at the same point."""
        ours, theirs = socket.socketpair()
        gate.send(self.channel, theirs.fileno(), do="fork")
        theirs.close()
        return Held(ours, gate.receive(ours)["pid"], self, dict(self.state))

    def kill(self):
        if self.op:
            gate.send(self.channel, do="kill")
            self.state = {"died": "killed"}
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
        gate.send(self.channel, theirs.fileno(), do="start", role=role, order=order)
        theirs.close()
        started = Held(ours, gate.receive(self.channel)["pid"], self, {})
        ours.settimeout(limit_s)
        started.listen()
        return started

    def load(self, role, order):
        order = dict(order, results=order["results"] + "." + role)
        gate.send(self.channel, do="load", role=role, order=order)
        return gate.receive(self.channel)


class Step:
    """One thing that was done: by whom, what, and which names and contents it read and wrote."""

    def __init__(self, role, op, reads, writes):
        self.role, self.op, self.reads, self.writes = role, op, reads, writes
        self.clock = {}

    def meets(self, other):
        """Whether it matters which of two processes' steps comes first."""
        if self.role == other.role:
            return False
        # Two files that come into one folder are none of each other's business.
        both = {on for on in self.writes & other.writes if on[0] != "names in"}
        return bool(both or self.writes & other.reads or other.writes & self.reads)

    @property
    def is_shared(self):
        """Whether another process may meet it: not on files that have a name for this one alone."""
        names = [name for kind, name in self.writes if kind in ("name", "lock")]
        if self.op[0] in ("create", "utime"):
            names += self.op[1:]
        looked_at = [name for kind, name in self.reads if kind == "name"]
        return any(not TEMPORARY.search(str(name)) for name in names) or any(
            name.endswith((".nbi", ".nbc", ".py")) for name in looked_at
        )

    @property
    def is_lasting(self):
        """Whether it leaves something that others may find: a process that dies now or before differ."""
        return any(kind == "name" and not TEMPORARY.search(name) for kind, name in self.writes)


class Point:
    """Where two processes are held, and who has been let go from there, or is to be."""

    def __init__(self, held, locks, asleep):
        self.held, self.locks, self.asleep = held, locks, asleep
        self.todo, self.copy, self.able_then = [], None, []
        self.again = []  # the processes that were made to come back here

    def able(self):
        """Who can go on: what waits for a lock that the other holds cannot."""
        return [role for role in ROLES if self.held[role].op and not self.waits(role)]

    def waits(self, role):
        kind, what = self.held[role].op[:2]
        return kind == "lock" and self.locks.get(what, role) != role

    @property
    def is_clean(self):
        """Whether no file is open, so that the folder can be put in place again."""
        return not any(one.op and one.state["files"] for one in self.held.values())


class Folder:
    """What two processes race on: kept, put in place again, and told from other states of it."""

    def __init__(self, path, copies):
        self.path, self.copies = path, copies
        self.known = {}  # what a file's content is called, by inode: copies have the name of theirs
        self.kept = 0

    def keep(self):
        """Copy everything; return where to, and what each file's content is called."""
        self.kept += 1
        copy = os.path.join(self.copies, str(self.kept))
        shutil.copytree(self.path, copy)
        return copy, {below: self.content(below) for below in self.files()}

    def restore(self, kept):
        copy, contents = kept
        self.clear()
        for name in os.listdir(copy):
            source, target = os.path.join(copy, name), os.path.join(self.path, name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy2)(source, target)
        self.known = {self.inode(below): content for below, content in contents.items()}

    def clear(self):
        for name in os.listdir(self.path):
            path = os.path.join(self.path, name)
            (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)

    @staticmethod
    def forget(kept):
        shutil.rmtree(kept[0])

    def files(self):
        found = []
        for where, folders, names in os.walk(self.path):
            folders.sort()
            found += [os.path.relpath(os.path.join(where, n), self.path) for n in sorted(names)]
        return found

    def inode(self, below):
        """The number of what lies there, or None."""
        try:
            return os.lstat(os.path.join(self.path, below)).st_ino
        except OSError:
            return None

    def content(self, what):
        """What the content of a file is called, by its path or its inode."""
        inode = self.inode(what) if isinstance(what, str) else what
        return self.known.get(inode, inode)

    def digest(self):
        """Return what tells this state from others."""
        digest = hashlib.sha256()
        for below in self.files():
            path = os.path.join(self.path, below)
            with open(path, "rb") as file:
                content = file.read()
            digest.update("{} {} ".format(TEMPORARY.sub("", below), len(content)).encode())
            digest.update(content)
            if below.endswith(".py"):
                digest.update(str(os.stat(path).st_mtime_ns).encode())
        return digest.hexdigest()

    def step(self, role, op):
        """Return what `op` would be now: what it reads and writes depends on what is there."""
        kind, reads, writes = op[0], set(), set()
        for what in op[1:]:
            if isinstance(what, int):
                on = ("lock" if "lock" in kind else "content", self.content(what))
                (reads if kind == "read" else writes).add(on)
                continue
            parent, there = os.path.dirname(what), self.inode(what) is not None
            content = {("content", self.content(what))} if there else set()
            reads |= {("name", parent)} if parent else set()
            gone = kind in ("unlink", "remove", "rmdir", "replace", "rename") and not there
            if kind in ("open", "read", "stat", "listdir") or (kind == "mkdir" and there):
                reads.add(("name", what))
                reads |= content if kind in ("read", "stat") else set()
                reads |= {("names in", what)} if kind == "listdir" else set()
            elif kind == "utime" or (kind == "create" and there):
                reads.add(("name", what))
                writes |= content
            elif gone and what == op[1]:
                reads.add(("name", what))
            else:
                writes |= {("name", what), ("names in", parent)}
        return Step(role, op, reads, writes)

    def note_made(self, step, place):
        """A file that was just made has a content of its own, whoever had its inode before."""
        if step.op[0] == "create" and ("name", step.op[1]) in step.writes:
            self.known[self.inode(step.op[1])] = "made {}".format(place)


class Race:
    """All orders of one probe. With `reduce` false, those that are one are tried as well."""

    def __init__(self, order, writers, loaders, limit_s, *, reduce=True):
        self.order, self.writers, self.loaders = order, writers, loaders
        self.limit_s, self.reduce, self.killing = limit_s, reduce, False
        folder = os.path.dirname(order["path"])
        self.folder = Folder(folder, os.path.join(order["scratch"], "copies", order["probe"]))
        self.points, self.steps = [], []
        self.at = None  # the point that the folder and the processes are at
        self.seen = []
        self.loaded = {}

    def run(self):
        """Try every order; what was seen of each is in `seen`."""
        os.makedirs(self.folder.copies)
        first = self.writers.load(BEFORE, self.order)
        if first["how"] or "exception" in first["said"]:
            raise FailedInTurn("before() came to {how} {said}".format(**first))
        held = {role: self.writers.start(role, self.order, self.limit_s) for role in ROLES}
        self.killing = any(one.state.get("may_die") for one in held.values())
        self.visit(Point(held, {}, set()))
        for one in held.values():
            one.kill()
        shutil.rmtree(self.folder.copies)

    def visit(self, point):
        """Try all orders from this point on, where the processes and the folder now are."""
        self.at = point
        able = point.able()
        if not able:
            self.judge(point)
            self.at = None
            return
        due = {role: self.folder.step(role, point.held[role].op) for role in able}
        if not self.points:
            self.keep(point)
        point.able_then = able
        self.points.append(point)
        for role in ROLES:
            if point.held[role].op:
                self.see_what_could_have_come_first(role, point)
        point.todo += self.first(point, due)
        tried = set()
        while True:
            left = [r for r in point.todo if r not in tried and r not in point.asleep]
            if not left:
                break
            tried.add(left[0])
            self.go_on(point, due, left[0])
            if self.reduce:
                point.asleep.add(left[0])
        self.points.pop()
        for one in point.again:
            one.kill()
        if point.copy:
            self.folder.forget(point.copy)

    def first(self, point, due):
        """Who is let go first: one, and others when it turns out to matter; or all at once."""
        awake = [role for role in due if role not in point.asleep]
        # What has a file open is in the midst of something, and cannot be come back to.
        awake.sort(key=lambda role: not point.held[role].state["files"])
        alone = [role for role in awake if not due[role].is_shared]
        return awake[:1] if self.reduce else alone[:1] or awake

    def go_on(self, point, due, role):
        """Let one process pass from here, and try all orders that begin so."""
        if self.at is not point:
            self.go_back(point)
        elif not point.copy and point.is_clean and due[role].is_shared:
            self.keep(point)
        step = self.folder.step(role, point.held[role].op)
        asleep = {one for one in point.asleep if not due[one].meets(step)}
        held, locks = self.let_go(point.held, point.locks, step)
        self.count(step)
        self.steps.append(step)
        child = Point(held, locks, asleep)
        if self.killing and role == "run" and held[role].op and step.is_lasting:
            self.kill(child)
        self.visit(child)
        self.steps.pop()
        if held[role] is not point.held[role]:
            held[role].kill()

    def keep(self, point):
        """Have processes and folder stay as they are here, to come back to."""
        point.copy = self.folder.keep()
        for held in point.held.values():
            held.is_kept = True

    def let_go(self, held, locks, step):
        """Carry out a step, by a copy of its process if need be; return who is where then."""
        moved = held[step.role].fork() if held[step.role].is_kept else held[step.role]
        moved.go(self.limit_s)
        self.folder.note_made(step, len(self.steps))
        locks = dict(locks)
        if step.op[0] == "lock":
            locks[step.op[1]] = step.role
        elif step.op[0] == "unlock":
            locks.pop(step.op[1], None)
        if not moved.op:
            locks = {lock: owner for lock, owner in locks.items() if owner != step.role}
        return dict(held, **{step.role: moved}), locks

    def go_back(self, point):
        """Make the folder and the processes what they were at this point."""
        place = next(i for i, one in enumerate(self.points) if one is point)
        start = max(i for i in range(place + 1) if self.points[i].copy)
        self.folder.restore(self.points[start].copy)
        held, locks = self.points[start].held, self.points[start].locks
        for i in range(start, place):
            before = self.steps[i]
            step = self.folder.step(before.role, held[before.role].op)
            if like(step.op) != like(before.op):
                raise NotDeterministic("{} and {}".format(like(before.op), like(step.op)))
            held, locks = self.let_go(held, locks, step)
        point.held, point.locks = held, locks
        point.again += [one for one in held.values() if not one.is_kept]
        self.at = point

    def kill(self, point):
        """See what comes of it when the process of `run()` dies here, and then go on as if not."""
        other = point.held["other"]
        if other.op and other.state["files"]:
            raise NotDeterministic("the other process has a file open and cannot be copied")
        aside = os.path.join(self.folder.copies, "aside")
        kept, known = self.folder.keep(), self.folder.known
        os.mkdir(aside)
        for name in os.listdir(self.folder.path):
            os.rename(os.path.join(self.folder.path, name), os.path.join(aside, name))
        self.folder.restore(kept)
        steps, self.steps = self.steps, self.steps + [Step("run", ["killed"], set(), set())]
        held = {"run": Held(None, 0, None, {"died": "killed"})}
        held["other"] = forked = other.fork() if other.op else other
        while held["other"].op:
            step = self.folder.step("other", forked.op)
            self.steps.append(step)
            held, _ = self.let_go(held, {}, step)
        self.judge(Point(held, {}, set()))
        if forked is not other:
            forked.kill()
        self.steps = steps
        self.folder.clear()
        for name in os.listdir(aside):
            os.rename(os.path.join(aside, name), os.path.join(self.folder.path, name))
        os.rmdir(aside)
        self.folder.forget(kept)
        self.folder.known = known

    def count(self, step):
        """Give the step its clock: the last step of each process that had to come before it."""
        for earlier in self.steps:
            if earlier.role == step.role or earlier.meets(step):
                for role, last in earlier.clock.items():
                    step.clock[role] = max(last, step.clock.get(role, -1))
        step.clock[step.role] = len(self.steps)

    def see_what_could_have_come_first(self, role, point):
        """Where a step of the other's meets what this one is about to do, have it come first."""
        pending = self.folder.step(role, point.held[role].op)
        own = [step for step in self.steps if step.role == role]
        known = own[-1].clock if own else {}
        for i in range(len(self.steps) - 1, -1, -1):
            earlier = self.steps[i]
            # A lock that is held is not let go of and taken at once: there is no other way round.
            if earlier.meets(pending) and earlier.op[0] != "unlock":
                if i > known.get(earlier.role, -1):
                    able = self.points[i].able_then
                    self.points[i].todo += [role] if role in able else able
                return

    def judge(self, point):
        """Write down what this order came to, for those who raced and for those who come later."""
        run, other, *later = self.order["in_turn"]
        found = []
        for role, right in zip(ROLES, ((run, later[0]), (other, later[1]))):
            found.append(self.word_for(role, "race", point.held[role].state, right))
        digest = self.folder.digest()
        if digest not in self.loaded:
            kept = self.folder.keep()
            self.loaded[digest] = []
            for role, right in zip(ROLES, later):
                self.folder.restore(kept)
                told = self.loaders.load(role, self.order)
                state = {"done": told["said"]} if not told["how"] else {"died": told["how"]}
                self.loaded[digest].append(self.word_for(role, "later", state, (right,)))
            self.folder.forget(kept)
        found += self.loaded[digest]
        self.seen.append((min(found, key=lambda one: WORDS.index(one["word"])), list(self.steps)))

    @staticmethod
    def word_for(role, when, state, right):
        """Return what one process did, as a word and what there is to say about it."""
        found, done = {"word": "sound", "who": role, "when": when}, state.get("done", {})
        if "at" in state:
            found.update(word="timed_out", detail="Deadlock")
        elif state.get("died") == "timed_out":
            found.update(word="timed_out")
        elif state.get("died", "killed") != "killed":
            found.update(word="crashed", detail=ended_by(state["died"]))
        elif "exception" in done:
            found.update(word="raised", detail=done["exception"], message=done["message"])
        elif done and not any(same(done.get("value"), one) for one in right):
            found.update(word="poisoned" if when == "later" else "wrong", value=done.get("value"))
        elif done:
            found.update(value=done["value"])
        return found


def ended_by(code):
    """The name of the signal, or `exit 1`."""
    if isinstance(code, int) and code < 0:
        return signal.Signals(-code).name
    return code if isinstance(code, str) else "exit {}".format(code)


def like(op):
    """An operation without what differs each time it is done."""
    return [TEMPORARY.sub("", what) if isinstance(what, str) else "" for what in op]


def same(one, other):
    """Whether two values are the same, as the driver compares them."""
    if isinstance(one, float) or isinstance(other, float):
        numbers = all(isinstance(each, (int, float)) for each in (one, other))
        return numbers and math.isclose(one, other, rel_tol=TOLERANCE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


VERBS = {
    "open": "reads",
    "read": "reads",
    "stat": "reads",
    "listdir": "lists",
    "unlink": "removes",
    "remove": "removes",
    "rmdir": "removes",
    "mkdir": "makes",
}


def called(path):
    """What a cache file is to a reader: `f index`, `f data 1`."""
    name = os.path.basename(
        TEMPORARY.sub("a temporary file" if os.sep + "tmp" in path else "", path)
    )
    found = CACHE_FILE.match(name)
    if not found:
        return name
    number = found.group("number")
    return found.group("name") + (" data " + number if number else " index")


def told(steps):
    """Return an order in words, who does what in turn, and how many turns and words there are.

    Told are the steps that meet one of the other's, but not how often, or in how many ways, a file is
    looked at in one turn: that differs from release to release.
    """
    turns = []
    for step in steps:
        killed = step.op[0] == "killed"
        if not killed and (isinstance(step.op[-1], int) or not any(map(step.meets, steps))):
            continue
        does = (
            "is killed" if killed else VERBS.get(step.op[0], "writes") + " " + called(step.op[-1])
        )
        if not turns or turns[-1][0] != step.role:
            turns.append([step.role])
        if does not in turns[-1]:
            turns[-1].append(does)
    text = "; ".join("{} {}".format(turn[0], ", ".join(turn[1:])) for turn in turns)
    return len(turns), sum(map(len, turns)), text


def summary(seen):
    """What all orders come to: how many there are of each kind, and the shortest of the worst."""
    counted = {}
    for found, _ in seen:
        counted[found["word"]] = counted.get(found["word"], 0) + 1
    worst = min(counted, key=WORDS.index)
    if worst == "sound":
        return {"word": worst, "orders": counted}
    chosen = []
    for found, steps in seen:
        if found["word"] == worst:
            turns, words, text = told(steps)
            chosen.append(((turns, found.get("detail", ""), words, text), found))
    (_, _, _, text), found = min(chosen, key=lambda pair: pair[0])
    return dict(found, orders=counted, order=text)


def observed(order, writers, loaders, limit_s):
    """Race, and return what to write down of it."""
    folder = os.path.dirname(order["path"])
    shutil.rmtree(folder)
    observe.stage(order["source"], folder)
    observe.prepare(order)
    results = phase.Results(order["results"])
    started = time.monotonic()
    race = Race(order, writers, loaders, limit_s)
    try:
        race.run()
        results.say(answered=True, value=summary(race.seen))
    except Exception as error:
        results.say(**phase.what_was_raised(error, places(order["scratch"])))
        sys.excepthook(*sys.exc_info())
    ending = contain.Ending(0, False, time.monotonic() - started, None, "", "", 0)
    return observe.observation(order, ending)


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(job["parent"])
    told = {name: job[name] for name in ("scratch", "waker", "patch", "timeout_s")}
    writers = Parent(True, told)
    loaders = Parent(False, told)
    for order in job["orders"]:
        observe.append(job["out"], observed(order, writers, loaders, job["timeout_s"]))


if __name__ == "__main__":
    main(sys.argv[1])
