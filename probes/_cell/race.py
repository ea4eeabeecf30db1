"""A race: two processes do `run()` and `other()` at once on one folder, and every order is tried.

In: orders whose `in_turn` is what plain Python gives. Out: an observation of each. The processes are
held at a gate before each thing they do to the folder (`gate.py`); in which order they are let go is
up to `orders.py`, and what comes of it is said by `said.py`.
"""

import json
import os
import shutil
import sys
import time

import contain
import observe
import phase
from evidence import places
from held import Parent
from orders import Race, TimedOut
from said import summary


def observed(order, writers, loaders, limit_s):
    """Race, and return what to write down of it."""
    folder = os.path.dirname(order["path"])
    shutil.rmtree(folder)
    observe.stage(order["source"], folder, order["beside"])
    observe.prepare(order)
    results = phase.Results(order["results"])
    started, timed_out = time.monotonic(), False
    race = Race(order, writers, loaders, limit_s)
    try:
        race.run()
        results.say(answered=True, value=summary(race.seen))
    except TimedOut:
        timed_out = True
        found = summary(race.seen) if race.seen else {"word": "sound"}
        if found["word"] != "sound":
            # It happens, whatever the others come to.
            results.say(answered=True, value=dict(found, whole=False))
            timed_out = False
        else:
            tried = "{} orders were tried, and each was sound; more are left".format(len(race.seen))
            results.say(message=tried)
    except Exception as error:
        results.say(**phase.what_was_raised(error, places(order["scratch"])))
        sys.excepthook(*sys.exc_info())
    ending = contain.Ending(0, timed_out, time.monotonic() - started, None, "", "", 0)
    return observe.observation(order, ending)


def main(job_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(job["parent"])
    told = {name: job[name] for name in ("scratch", "waker", "patch", "timeout_s")}
    parents = []
    for order in job["orders"]:
        if not parents or not all(parent.is_there() for parent in parents):
            for parent in parents:
                parent.end()
            parents = [Parent(writes, told) for writes in (True, False)]
        observe.append(job["out"], observed(order, *parents, limit_s=job["timeout_s"]))


if __name__ == "__main__":
    main(sys.argv[1])
