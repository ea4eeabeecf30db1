"""The in-cell runner: every probe of a job, phase by phase, each in a process of its own.

In: a job file (JSON) written by the driver. Out: the job's `out` file, one line of JSON per
observation, appended as it happens; the first line says what the cell consists of. Standard
library only, CPython 3.6 and later, any platform.

Phases go generation by generation: all `interpreted`, then all that compile, and so on. With
isolation `exec` every phase is exec'd; with `fork` every generation is, and its phases are forked
from it.
"""

import ast
import json
import os
import shutil
import signal
import sys

import changing
import contain
import observe
import permissions
import upstream
from courses import AT_HOME, FIRST, GENERATIONS, PLAIN, STARTING, next_phase
from phase import PATCHED
from surroundings import phase_environment

HERE = os.path.dirname(os.path.abspath(__file__))
# -E and -s: no PYTHON* variables and no user site. Bytecode is written, as for any user: without it
# every phase would compile Numba's own sources again.
PYTHON = [sys.executable, "-E", "-s", "-X", "faulthandler"]
DIED = (
    "the process it was forked from died once it had changed its cache;"
    " with `--isolation exec` no other probe can end it"
)
ROOM = 2**18  # bytes: more than a probe leaves in its cache, less than any disk should be short of


def first_phase(probe):
    """Return the phase that a probe begins with; of one that cannot be read, it will say why."""
    try:
        with open(probe["path"], encoding="utf-8") as file:
            compiled = changing.told(ast.parse(file.read())) == "compiled"
    except (OSError, SyntaxError, ValueError):
        compiled = False
    return "cold" if compiled and probe["carrier"] == "change" else FIRST


def apart(order):
    """Return what has no process in common with phases of which this is not the same."""
    environment = sorted(order["environment"].items())
    return order["patch"] or "", order["as"] == "truth", tuple(environment)


class Cell:
    """One job under way."""

    def __init__(self, job):
        self.job = job
        self.scratch = job["scratch"]
        self.paths = {}
        self.patches = {}
        self.left = {}
        self.changed = {}
        self.in_turn = {}
        self.introduced = False

    def order(self, probe, phase):
        changed = self.changed.get(probe["id"], {"truth": "", "environment": {}})
        compiled = phase == "truth" and changed["truth"] == "compiled"
        if probe["id"] not in self.paths:
            folder = os.path.join(self.scratch, "probes", *probe["id"].split("/"))
            self.paths[probe["id"]] = observe.stage(probe["path"], folder, probe.get("beside", {}))
        return {
            "probe": probe["id"],
            "carrier": probe["carrier"],
            "phase": phase,
            "source": probe["path"],
            "beside": probe.get("beside", {}),
            "path": self.paths[probe["id"]],
            "patch": self.patch(probe) if phase in PATCHED or compiled else None,
            # What a process has to be for it: in plain Python, or, to compile, with nothing cached.
            "as": FIRST if phase in PLAIN and not compiled else phase,
            "truth": changed["truth"],
            "in_turn": self.in_turn.get(probe["id"]),
            "environment": changed["environment"],
            "scratch": self.scratch,
            "results": os.path.join(self.scratch, "results", probe["id"] + "." + phase),
            "mixins": os.path.join(self.scratch, "mixins")
            if self.job.get("c_once", True)
            else None,
        }

    def patch(self, probe):
        """Return our copy of the file to run before a phase of the probe, or None."""
        patch = probe.get("patch")
        if not patch:
            return None
        if patch not in self.patches:
            folder = os.path.join(self.scratch, "patches", str(len(self.patches)))
            self.patches[patch] = observe.stage(patch, folder)
        return self.patches[patch]

    def run(self):
        """Carry out every phase of every probe, generation by generation.

        What is patched and what is not, or otherwise, has no process in common.
        """
        due = {probe["id"]: first_phase(probe) for probe in self.job["probes"]}
        for phases in GENERATIONS:
            probes = [p for p in self.job["probes"] if due[p["id"]] in phases]
            orders = [self.order(probe, due[probe["id"]]) for probe in probes]
            seen = {}
            for alike in sorted({apart(order) for order in orders}):
                seen.update(self.generation([o for o in orders if apart(o) == alike]))
            for probe in probes:
                due[probe["id"]] = next_phase(probe["carrier"], seen[probe["id"]])
                if due[probe["id"]] == "truth":
                    self.changed[probe["id"]] = seen[probe["id"]]["value"]
                elif due[probe["id"]] == "race":
                    self.in_turn[probe["id"]] = seen[probe["id"]]["value"]
                if due[probe["id"]] is None and probe["carrier"] in AT_HOME:
                    permissions.allow_again(os.path.dirname(self.paths[probe["id"]]))

    def generation(self, orders):
        """Run the orders of one generation; return the observation of each probe."""
        if orders[0]["phase"] == "race":
            return self.raced(orders)
        # Of what has an environment of its own there are too few to make a parent worth while.
        forking = self.job["isolation"] == "fork" and not orders[0]["environment"]
        seen = self.forked(orders) if forking else {}
        self.introduce()
        for order in orders:
            # With isolation `fork` this is what the parent of the generation did not get to.
            if order["probe"] not in seen:
                whole = not forking or self.set_right(order)
                seen[order["probe"]] = self.execed(order) if whole else self.given_up(order)
            self.left[order["probe"]] = seen[order["probe"]]["files_after"]
        return seen

    def set_right(self, order):
        """Undo what a phase left that was under way when its generation's parent died.

        Return whether that could be: what a second try saw would else be of the first as well.
        """
        folder = os.path.dirname(order["path"])
        if order["phase"] in STARTING:
            shutil.rmtree(folder, ignore_errors=True)
            observe.stage(order["source"], folder, order["beside"])
            return True
        if order["phase"] == "change":  # which may have changed anything
            return False
        return observe.data_files(folder) == self.left[order["probe"]]

    def given_up(self, order, why=DIED):
        """Write down, as what the phase did, that nobody knows what it did."""
        ending = contain.Ending(0, False, 0.0, 0.0, "", "", 0)
        observe.prepare(order)
        seen = observe.observation(order, ending)
        seen.update(
            status="raised",
            exception="GenerationDied",
            message=why,
        )
        observe.append(self.job["out"], seen)
        return seen

    def execed(self, order):
        observe.prepare(order)
        command = PYTHON + [os.path.join(HERE, "phase.py"), json.dumps(order)]
        environment = phase_environment(self.scratch, order["as"])
        environment.update(order["environment"])
        ending = contain.run_command(command, environment, self.scratch, self.job["timeout_s"])
        seen = observe.observation(order, ending)
        observe.append(self.job["out"], seen)
        return seen

    def raced(self, orders):
        """Try every order of each of these races; isolation has nothing to choose there."""
        self.introduce()
        seen = self.forked(orders, "race.py")
        for order in orders:
            if order["probe"] not in seen:
                # One of them ended the process that tries the orders: each has its own from here on.
                seen.update(self.forked([order], "race.py"))
            if order["probe"] not in seen:
                seen[order["probe"]] = self.given_up(
                    order, "the process that tries its orders died"
                )
        return seen

    def forked(self, orders, script="generation.py"):
        name = "-".join(sorted({order["phase"] for order in orders}))
        patch = orders[0]["patch"]
        # What is cached under a patch is of that patch.
        name_of_waker = "waker-truth" if orders[0]["as"] == "truth" else "waker"
        waker = os.path.join(os.path.dirname(patch) if patch else self.scratch, name_of_waker)
        if not os.path.exists(waker):
            observe.stage(os.path.join(HERE, "waker.py"), waker)
        job = {
            "orders": orders,
            "timeout_s": self.job["timeout_s"],
            "out": self.job["out"],
            "waker": os.path.join(waker, "waker.py"),
            "parent": os.getpid(),
            "patch": patch,
            "scratch": self.scratch,
        }
        job_file = os.path.join(self.scratch, name + ".json")
        with open(job_file, "w", encoding="utf-8") as file:
            json.dump(job, file)
        before = len(observe.read(self.job["out"]))
        ending = contain.run_command(
            PYTHON + [os.path.join(HERE, script), job_file],
            phase_environment(self.scratch, orders[0]["as"]),
            self.scratch,
            self.job["timeout_s"] * (len(orders) + 2),
            resume=True,
        )
        lines = observe.read(self.job["out"])[before:]
        self.introduced = self.introduced or any("versions" in line for line in lines)
        if ending.code:
            # Not silent: what follows is run one by one, and why is in the cell's record.
            note = "generation {} ended early".format(name)
            observe.append(self.job["out"], {"note": note, "stderr": ending.err[-2000:]})
        return {line["probe"]: line for line in lines if "probe" in line}

    def introduce(self):
        """Write down what this cell consists of, if nobody has yet.

        Raises RuntimeError when Numba does not import, SystemExit when that takes too long.
        """
        if self.introduced:
            return
        results = os.path.join(self.scratch, "versions")
        command = PYTHON + [os.path.join(HERE, "counters.py"), results]
        environment = phase_environment(self.scratch, "versions")
        ending = contain.run_command(command, environment, self.scratch, self.job["timeout_s"])
        if ending.timed_out:
            raise SystemExit(
                "importing Numba alone takes longer than the {:g} s that a process may take"
                " (--timeout)".format(self.job["timeout_s"])
            )
        if ending.code:
            raise RuntimeError("Numba does not import here:\n" + ending.err[-2000:])
        observe.append(self.job["out"], {"versions": observe.said(results)})
        self.introduced = True


def see_that_there_is_room(folder):
    """Raise OSError when the disk is full: then probes failed that are well, and none counts."""
    path = os.path.join(folder, "room")
    with open(path, "wb") as file:
        file.write(bytes(ROOM))
    os.unlink(path)


def stop(*_):
    """Turn a request to end into an exception, so that the phase under way is ended first."""
    raise SystemExit(128 + signal.SIGTERM)


def main(job_file):
    signal.signal(signal.SIGTERM, stop)
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(job.get("parent", os.getppid()))
    cell = Cell(job)
    os.makedirs(cell.scratch, exist_ok=True)
    try:
        cell.run()
        cell.introduce()
        upstream.carry_out(job, PYTHON)
        see_that_there_is_room(cell.scratch)
    except OSError:
        # On a full disk there is no room for the reason either, until there is.
        shutil.rmtree(cell.scratch, ignore_errors=True)
        raise
    observe.append(job["out"], {"done": True})


if __name__ == "__main__":
    main(sys.argv[1])
