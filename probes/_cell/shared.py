"""One process of one cell on a cache folder that others have used: what it found, what it left.

In: a job file with an order, and the settings it has beside those of every phase. Out: a line of JSON
in the job's `out`, as of any phase.
"""

import json
import os
import sys

import contain
import observe
from surroundings import phase_environment

PHASE = [sys.executable, "-E", "-s", "-X", "faulthandler"]


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(os.getppid())
    order = job["order"]
    if not os.path.exists(order["path"]):
        observe.stage(order["source"], os.path.dirname(order["path"]))
    observe.prepare(order)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "phase.py")
    environment = dict(phase_environment(order["scratch"], order["phase"]), **job["settings"])
    ending = contain.run_command(
        PHASE + [script, json.dumps(order)], environment, order["scratch"], job["timeout_s"]
    )
    observe.append(job["out"], observe.observation(order, ending))


if __name__ == "__main__":
    main(sys.argv[1])
