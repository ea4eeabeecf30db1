"""The least a cell can cost: one process that imports once and does everything in line.

In: a job file as for the runner. Out: nothing but the time it took. Every cache probe is compiled,
then loaded again from its cache by a second copy of its module, and a change is made between the
two; every AOT probe is built, with pycc's own C files compiled once. Of a race both parts are done
in turn: what a race takes beyond that is the search for its orders. No isolation, no evidence: only
good to measure against.
"""

import importlib
import json
import os
import sys

import changing
import observe
import phase
import turns


def build(path, mixins):
    module = phase.load_probe(path)
    phase.compile_c_once(type(module.cc), mixins)
    module.cc.output_dir = os.path.dirname(path)
    module.cc.compile()


def forget(folder):
    """Have what lies in a folder be imported anew."""
    for name, module in list(sys.modules.items()):
        if os.path.dirname(getattr(module, "__file__", None) or "") == folder:
            del sys.modules[name]
    importlib.invalidate_caches()


def at_home(path, carrier):
    """Do a change or a race where it lies, and leave it: sys.path and the environment as before."""
    folder, here = os.path.dirname(path), os.getcwd()
    kept, environment = list(sys.path), dict(os.environ)
    phase.be_at_home(folder)
    os.chdir(folder)
    for done in ("compiled", "loaded"):
        module = phase.load_probe(path)
        if done == "compiled":
            getattr(module, turns.BEFORE, turns.nothing)()
        module.run()
        if carrier == "race":
            module.other()
        elif done == "compiled":
            os.environ.update(changing.change(path)["environment"])
        forget(folder)
    os.chdir(here)
    sys.path[:] = kept
    os.environ.clear()
    os.environ.update(environment)


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    mixins = os.path.join(job["scratch"], "mixins")
    for probe in job["probes"]:
        folder = os.path.join(job["scratch"], "probes", *probe["id"].split("/"))
        path = observe.stage(probe["path"], folder, probe.get("beside", {}))
        if probe["carrier"] == "aot":
            build(path, mixins)
        elif probe["carrier"] == "cache":
            for _ in ("compiled", "loaded"):
                phase.load_probe(path).run()
        else:
            at_home(path, probe["carrier"])


if __name__ == "__main__":
    main(sys.argv[1])
