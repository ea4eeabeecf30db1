"""Lay one square out to be run by hand: carry out its phases up to one, and leave that one to others.

In: a job as the in-cell runner takes it, with the phase to stop before (`until`) and the `folder`
that is to stay. Out: besides the runner's lines a `phase.json` there, which holds how the runner
would have started the phase: command, environment, folder, order. The runner is this same one.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import sys

import contain
import observe
from surroundings import phase_environment

HERE = os.path.dirname(os.path.abspath(__file__))


def runner():
    """Return the in-cell runner as a module; it is named as a program is."""
    spec = importlib.util.spec_from_file_location("runner", os.path.join(HERE, "__main__.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Reached(Exception):
    """The phase to stop before is the next one."""


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    run = runner()

    truth = []

    class Stopping(run.Cell):
        def generation(self, orders):
            for order in orders:
                if order["phase"] == job["until"]:
                    lay_out(job, run, order, truth)
                    raise Reached()
            seen = super().generation(orders)
            truth.extend(
                s["value"] for s in seen.values() if s["name"] in run.PLAIN and "value" in s
            )
            return seen

    contain.forbid_core_files()
    contain.work_for(job.get("parent", os.getppid()))
    cell = Stopping(job)
    os.makedirs(cell.scratch)
    cell.introduce()
    with contextlib.suppress(Reached):
        cell.run()
    observe.append(job["out"], {"done": True})


def lay_out(job, run, order, truth):
    """Write down how the phase is started, and keep what it starts from, so that it can be again.

    `truth` holds what plain Python gave, if it came to that, and after a change what it then did.
    """
    folder = job["folder"]
    # Where the driver has put us is gone when its run is over.
    shutil.copytree(HERE, os.path.join(folder, "_cell"))
    probes = os.path.join(order["scratch"], "probes")
    shutil.copytree(probes, os.path.join(folder, "before"), symlinks=True)
    observe.prepare(order)
    environment = phase_environment(order["scratch"], order["as"])
    environment.update(order["environment"])
    told = {
        "command": run.PYTHON + [os.path.join(folder, "_cell", "phase.py")],
        "environment": environment,
        "folder": order["scratch"],
        "probes": probes,
        "results": order["results"],
        "truth": truth,
    }
    for name, content in (("order.json", order), ("phase.json", told)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file)


if __name__ == "__main__":
    main(sys.argv[1])
