"""A generation of phases from one import: a parent that wakes Numba up and forks a child per order.

In: a file of orders. Out: one observation per line, as each happens. The parent is exec'd for its
generation alone, so that no two generations share an address space, and does beforehand only what
a phase of that name may do: before `cold` it compiles a function of its own, before `warm` it loads
that from its cache. `load` and `build` have each a fork of the parent to themselves, made early: to
load, before Numba is imported at all (and so has `change`); to build, before anything is compiled
just in time.
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback

import contain
import counters
import observe
import phase
import plain
from courses import COMPILING, FIRST, NUMBA_ABSENT
from evidence import places


def wake_pycc():
    """Let pycc try out the C compiler once; 0.55 alone of all releases does not remember the answer."""
    try:
        importlib.import_module("numba.pycc").CC("waker")
    except (ImportError, RuntimeError) as error:
        # Not ours to judge: every AOT probe meets the same and says so in its observation.
        sys.stderr.write("pycc: {}\n".format(error))
        return
    platform = sys.modules["numba.pycc.platform"]
    if hasattr(platform, "external_compiler_works"):
        platform.external_compiler_works = lambda: True


def wake_by_building(folder, mixins):
    """Build a module of our own ahead of time, and pycc's C files with it, once for all probes.

    Numba's runtime is left as it was. From 0.57 on it is compiled for the target that a process first
    compiles for, just in time or ahead of it, and that decides how building a recursion that it cannot
    link fails. Raises whatever Numba or the compiler raises: then every build starts on its own.
    """
    registry = counters.numba_module("numba.core.registry", "numba.targets.registry")
    registry.cpu_target.target_context  # noqa: B018 (the first look compiles the runtime before 0.57)
    runtime = vars(counters.numba_module("numba.core.runtime", "numba.runtime").rtsys)
    as_it_was = dict(runtime)
    cc = importlib.import_module("numba.pycc").CC("built")
    cc.export("nothing", "int64(int64)")(nothing)
    if mixins is not None:
        phase.compile_c_once(type(cc), mixins)
    os.makedirs(folder)
    cc.output_dir = folder
    cc.compile()
    runtime.clear()
    runtime.update(as_it_was)


def nothing(n):
    return n + 1


def patch(orders, job):
    """Patch this process, and so all that are forked from it; return whether that went well.

    What it raises is what each of the orders did.
    """
    started = time.monotonic()
    results = phase.Results(os.devnull)
    try:
        phase.run_patch(job["patch"], results)
    except BaseException as error:
        raised = phase.what_was_raised(error, places(orders[0]["scratch"]))
        said = traceback.format_exc()
    else:
        return True
    ending = contain.Ending(0, False, time.monotonic() - started, None, "", said, 0)
    for order in orders:
        observe.prepare(order)
        phase.Results(order["results"]).say(patching=True, **raised)
        observe.append(job["out"], observe.observation(order, ending))
    return False


def carry_out(orders, job):
    """Fork a child per order, one after the other, and write down what each did."""
    if hasattr(gc, "freeze"):
        # Keeps the collector of every child off the pages it shares with us.
        gc.freeze()
    gc.enable()
    for order in orders:
        observe.prepare(order)
        ending = contain.run_fork(lambda order=order: phase.perform(order), job["timeout_s"])
        observe.append(job["out"], observe.observation(order, ending))


def carry_out_builds(orders, job):
    wake_pycc()
    folder = os.path.join(os.path.dirname(job["waker"]), "built")
    wake_by_building(folder, orders[0]["mixins"])
    carry_out(orders, job)


def aside(carry, orders, job):
    """Have a fork of this process carry out these orders, if any; return whether it got to the end."""
    leader = os.getpid()

    def lead():
        contain.work_for(leader)
        carry(orders, job)

    if not orders:
        return True
    ending = contain.run_fork(lead, job["timeout_s"] * (len(orders) + 1))
    sys.stderr.write(ending.err)
    return ending.code == 0


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(job["parent"])
    # Nothing of what importing and waking up leave behind is garbage.
    gc.disable()
    by_phase = {order["as"]: [] for order in job["orders"]}
    for order in job["orders"]:
        by_phase[order["as"]].append(order)
    builds = by_phase.pop("build", [])
    without_numba = [order for name in NUMBA_ABSENT for order in by_phase.pop(name, [])]
    importlib.import_module("numpy")
    well = aside(carry_out, without_numba, job)
    if builds or by_phase:
        observe.append(job["out"], {"versions": counters.versions()})
    patched = [order for order in job["orders"] if order["phase"] not in NUMBA_ABSENT]
    if job.get("patch") and not patch(patched, job):
        return int(not well)
    well = aside(carry_out_builds, builds, job) and well
    for name, orders in by_phase.items():
        if name != FIRST:
            phase.load_probe(job["waker"]).wake(may_compile=name in COMPILING)
        else:
            plain.replace_compiling_decorators()
            if any(order["carrier"] == "aot" for order in orders):
                wake_pycc()
        carry_out(orders, job)
    return int(not well)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
