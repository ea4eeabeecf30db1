"""Every order of what two processes do to one folder, each tried once.

In: the processes, held at the gate before each step. Out: of each order, its steps and what came of
it. One process moves at a time, and who moves next is chosen here: depth first, going back by a fork
made where there was a choice.

Two orders that differ only in steps that do not meet on a file are one (Flanagan and Godefroid,
"Dynamic partial-order reduction for model checking software", POPL 2005, with sleep sets).
"""

import os
import shutil
import time

from held import Held
from said import WORDS, word_for
from steps import Folder, Step, like
from turns import BEFORE, ROLES, FailedInTurn

# What it takes to keep a point (two forks, and a copy of the folder): less than that is done again.
KEEPING_S = 0.02
MOST_STEPS = 400  # of one order; Numba takes fifty


class NotDeterministic(Exception):
    """A process did something else when it was asked to do the same again."""


class Endless(Exception):
    """A process took more steps than any that comes to an end."""


class TimedOut(Exception):
    """A process, or all orders, took all the time there is: that is waited for once."""


def see_that_it_came_to_an_end(how):
    if how == "timed_out":
        raise TimedOut()


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


class Race:
    """All orders of one probe. With `reduce` false, those that are one are tried as well."""

    def __init__(self, order, writers, loaders, limit_s, *, reduce=True):
        self.order, self.writers, self.loaders = order, writers, loaders
        self.limit_s, self.reduce, self.killing = limit_s, reduce, False
        folder = os.path.dirname(order["path"])
        self.folder = Folder(folder, os.path.join(order["scratch"], "copies", order["probe"]))
        self.points, self.steps = [], []
        self.undone_s = 0  # what it would take to do again what was done since a point was kept
        self.until = time.monotonic() + limit_s
        self.alive = []  # every process there was; those that have ended are let be
        self.at = None  # the point that the folder and the processes are at
        self.seen = []
        self.loaded = {}

    def run(self):
        """Try every order; what was seen of each is in `seen`."""
        shutil.rmtree(self.folder.copies, ignore_errors=True)  # of a first try
        os.makedirs(self.folder.copies)
        first = self.writers.load(BEFORE, self.order)
        if first["how"] or "exception" in first["said"]:
            raise FailedInTurn("before() came to {how} {said}".format(**first))
        try:
            held = {role: self.writers.start(role, self.order, self.limit_s) for role in ROLES}
            self.alive += held.values()
            for one in held.values():
                see_that_it_came_to_an_end(one.state.get("died"))
            self.killing = any(one.state.get("may_die") for one in held.values())
            self.visit(Point(held, {}, set()))
        finally:
            for one in self.alive:
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
        due = {role: self.step(role, point.held[role].op) for role in able}
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

    def step(self, role, op, place=None):
        """Return what a process that is held would do, after all steps or those before a place."""
        number = sum(step.role == role for step in self.steps[:place])
        return self.folder.step(role, op, number)

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
        elif self.undone_s > KEEPING_S and point.is_clean and due[role].is_shared:
            self.keep(point)
        step = self.step(role, point.held[role].op)
        asleep = {one for one in point.asleep if not due[one].meets(step)}
        held, locks = self.let_go(point.held, point.locks, step, len(self.steps))
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
        point.copy, self.undone_s = self.folder.keep(), 0
        for held in point.held.values():
            held.is_kept = True

    def let_go(self, held, locks, step, place):
        """Carry out a step in its place among all, by a copy of its process if need be.

        Return who is where then, and which locks they hold.
        """
        moved = self.copy(held[step.role]) if held[step.role].is_kept else held[step.role]
        started = time.monotonic()
        if len(self.steps) >= MOST_STEPS:
            raise Endless(
                "{}() was not done after {} steps: what waits by looking again and again"
                " has no end of orders".format(step.role, MOST_STEPS)
            )
        if time.monotonic() > self.until:
            raise TimedOut()
        kind, what = step.op[:2]
        busy = kind == "try to lock" and locks.get(what, step.role) != step.role
        moved.go(self.limit_s, busy=busy)
        self.undone_s += time.monotonic() - started
        see_that_it_came_to_an_end(moved.state.get("died"))
        self.folder.note_made(step, place)
        locks = dict(locks)
        if kind in ("lock", "try to lock") and not busy:
            locks[what] = step.role
        elif kind == "unlock":
            locks.pop(what, None)
        if not moved.op:
            locks = {lock: owner for lock, owner in locks.items() if owner != step.role}
        return dict(held, **{step.role: moved}), locks

    def copy(self, one):
        """Return a copy of a process that is held."""
        self.alive.append(one.fork())
        return self.alive[-1]

    def go_back(self, point):
        """Make the folder and the processes what they were at this point."""
        place = next(i for i, one in enumerate(self.points) if one is point)
        start = max(i for i in range(place + 1) if self.points[i].copy)
        self.folder.restore(self.points[start].copy)
        held, locks = self.points[start].held, self.points[start].locks
        for i in range(start, place):
            before = self.steps[i]
            step = self.step(before.role, held[before.role].op, i)
            if like(step.op) != like(before.op):
                raise NotDeterministic("{} and {}".format(like(before.op), like(step.op)))
            held, locks = self.let_go(held, locks, step, i)
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
        held["other"] = forked = self.copy(other) if other.op else other
        while held["other"].op:
            step = self.step("other", forked.op)
            self.steps.append(step)
            held, _ = self.let_go(held, {}, step, len(self.steps))
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
        pending = self.step(role, point.held[role].op)
        own = [step for step in self.steps if step.role == role]
        known = own[-1].clock if own else {}
        for i in range(len(self.steps) - 1, -1, -1):
            earlier = self.steps[i]
            # A lock that is held is not let go of and taken at once: there is no other way round.
            waited = (earlier.op[0], pending.op[0]) == ("unlock", "lock")
            if earlier.meets(pending) and not waited:
                if i > known.get(earlier.role, -1):
                    able = self.points[i].able_then
                    self.points[i].todo += [role] if role in able else able
                return

    def judge(self, point):
        """Write down what this order came to, for those who raced and for those who come later."""
        run, other, *later = self.order["in_turn"]
        found = []
        for role, right in zip(ROLES, ((run, later[0]), (other, later[1]))):
            found.append(word_for(role, "race", point.held[role].state, right))
        digest = self.folder.digest()
        if digest not in self.loaded:
            kept = self.folder.keep()
            self.loaded[digest] = []
            for role, right in zip(ROLES, later):
                self.folder.restore(kept)
                told = self.loaders.load(role, self.order)
                see_that_it_came_to_an_end(told["how"])
                state = {"done": told["said"]} if not told["how"] else {"died": told["how"]}
                self.loaded[digest].append(word_for(role, "later", state, (right,)))
            self.folder.forget(kept)
        found += self.loaded[digest]
        self.seen.append((min(found, key=lambda one: WORDS.index(one["word"])), list(self.steps)))
