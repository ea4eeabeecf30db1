"""The least a cell can cost: one process that imports once and does everything in line.

In: a job file as for the runner. Out: nothing but the time it took. Every cache probe is compiled,
then loaded again from its cache by a second copy of its module; every AOT probe is built, with
pycc's own C files compiled once. No isolation, no evidence: only good to measure against.
"""

import json
import os
import sys

import observe
import phase


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    mixins = os.path.join(job["scratch"], "mixins")
    for probe in job["probes"]:
        folder = os.path.join(job["scratch"], "probes", *probe["id"].split("/"))
        path = observe.stage(probe["path"], folder)
        if probe["carrier"] == "aot":
            module = phase.load_probe(path)
            phase.compile_c_once(type(module.cc), mixins)
            module.cc.output_dir = folder
            module.cc.compile()
        else:
            for _ in ("compiled", "loaded"):
                phase.load_probe(path).run()


if __name__ == "__main__":
    main(sys.argv[1])
