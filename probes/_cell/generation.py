"""A generation of phases from one import: a parent that wakes Numba up and forks a child per order.

In: a file of orders, all of one phase. Out: one observation per line, as each happens. The parent
is exec'd for its phase alone, so that no two generations share an address space. Where the phase
may compile, it compiles something of its own first; where it may only load, it loads only; in a
`load` generation Numba is never imported at all.
"""

import importlib
import json
import sys

import contain
import observe
import phase


def wake(name, waker):
    """Pay once, in the parent, for what every child of this generation would pay for again."""
    importlib.import_module("numpy")
    if name == "load":
        return
    importlib.import_module("numba")
    if name != "interpreted":
        phase.load_probe(waker).wake(may_compile=name in ("cold", "build"))


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.adopt_orphans()
    wake(job["phase"], job["waker"])
    for order in job["orders"]:
        observe.prepare(order)
        ending = contain.run_fork(lambda order=order: phase.perform(order), job["timeout_s"])
        observe.append(job["out"], observe.observation(order, ending))


if __name__ == "__main__":
    main(sys.argv[1])
