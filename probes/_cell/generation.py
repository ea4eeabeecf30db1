"""A generation of phases from one import: a parent that wakes Numba up and forks a child per order.

In: a file of orders. Out: one observation per line, as each happens. The parent is exec'd for its
generation alone, so that no two generations share an address space, and does beforehand only what
a phase of that name may do: in `cold` it compiles a function of its own, in `warm` it loads that
from its cache, before `build` it imports but compiles nothing, and in `load` Numba is never imported
at all.
"""

import gc
import importlib
import json
import sys

import contain
import counters
import observe
import phase


def wake(job):
    """Pay once, in the parent, for what every child of this generation would pay for again."""
    importlib.import_module("numpy")
    phases = {order["phase"] for order in job["orders"]}
    if "load" in phases:
        return
    observe.append(job["out"], {"versions": counters.versions()})
    if phases & {"cold", "warm", "again"}:
        phase.load_probe(job["waker"]).wake(may_compile="cold" in phases)
    elif any(order["carrier"] == "aot" for order in job["orders"]):
        wake_pycc()


def wake_pycc():
    """Let pycc try out the C compiler once; 0.55 alone of all releases does not remember the answer.

    Nothing more: what a process has compiled before, just in time or ahead of it, and even which of
    its modules Numba has imported, decides how building a recursion that it cannot link fails.
    """
    try:
        importlib.import_module("numba.pycc").CC("waker")
    except (ImportError, RuntimeError) as error:
        # Not ours to judge: every AOT probe meets the same and says so in its observation.
        sys.stderr.write("pycc: {}\n".format(error))
        return
    platform = sys.modules["numba.pycc.platform"]
    if hasattr(platform, "external_compiler_works"):
        platform.external_compiler_works = lambda: True


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.adopt_orphans()
    wake(job)
    if hasattr(gc, "freeze"):
        # Keeps the collector of every child off the pages it shares with us.
        gc.freeze()
    for order in job["orders"]:
        observe.prepare(order)
        ending = contain.run_fork(lambda order=order: phase.perform(order), job["timeout_s"])
        observe.append(job["out"], observe.observation(order, ending))


if __name__ == "__main__":
    main(sys.argv[1])
