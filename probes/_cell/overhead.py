"""Measure a cell once: run every overhead program, one process at a time, cold and then warm.

In: a job file (JSON) written by the driver. Out: the job's `out` file, a line of JSON per process
as it ends, the first saying what the cell consists of and the last that it is done; on stdout a
line of progress. Ends with status 1, and a line saying why, when a program fails or when its cache
was not as it must be: figures of that would be figures of something else.
"""

import json
import os
import shutil
import signal
import sys
import time

import contain
import observe
from surroundings import phase_environment

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = [sys.executable, "-E", "-s", "-X", "faulthandler"]
FUNCTIONS = 3  # in every program
# What Numba has to have counted, and the cache files (an index and a data file per function) before
# and after, for a run to have been what it is called.
EXPECTED = {
    "cold": {"hits": 0, "misses": FUNCTIONS, "before": 0, "after": 2 * FUNCTIONS},
    "warm": {"hits": FUNCTIONS, "misses": 0, "before": 2 * FUNCTIONS, "after": 2 * FUNCTIONS},
}


class Failed(Exception):
    """A program did not do what is to be timed."""


def load_average():
    """The machine's load over the last minute, where the system keeps one."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def completed(job, what, words, environment):
    """Run Python with these words to a good end and return how that went; raises Failed."""
    ending = contain.run_command(PYTHON + words, environment, job["scratch"], job["timeout_s"])
    if ending.code != 0 or ending.timed_out:
        how = "timed out" if ending.timed_out else ending.signal or "status {}".format(ending.code)
        raise Failed("{}: {}\n{}".format(what, how, ending.err[-2000:]).strip())
    return ending


def timed(job, program, run, path):
    """Run the program at `path` once; return what its functions returned, and what it timed."""
    results = os.path.join(job["scratch"], "results.json")
    if os.path.exists(results):
        os.unlink(results)
    before, load_before = observe.data_files(os.path.dirname(path)), load_average()
    called = "{}, {}".format(program["id"], run)
    words = [path, results]
    if program.get("patch"):
        words = [os.path.join(HERE, "patched.py"), program["patch"]] + words
    ending = completed(job, called, words, phase_environment(job["scratch"], run))
    load_after, after = load_average(), observe.data_files(os.path.dirname(path))
    with open(results, encoding="utf-8") as file:
        told = json.load(file)
    seen = {
        "hits": told["hits"],
        "misses": told["misses"],
        "before": len(before),
        "after": len(after),
    }
    if seen != EXPECTED[run] or (run == "warm" and before != after):
        raise Failed("{}: the cache was not {}: {}".format(called, run, json.dumps(seen)))
    name, _, patch = program["id"].rpartition("/")[2].partition("@")
    return told["returned"], {
        "program": name,
        "patch": patch,
        "run": run,
        "steps": told["steps"],
        "wall_s": round(ending.wall_s, 4),
        "cpu_s": None if ending.cpu_s is None else round(ending.cpu_s, 4),
        "load_before": load_before,
        "load_after": load_after,
    }


def repetition(job, number):
    """Run every program without a cache and then with the one that left; yield what each did.

    Under a patch and without it take turns, and in who is first.
    """
    first = number % 2 == 0
    programs = [(p["id"].partition("@")[0], ("@" in p["id"]) != first, p) for p in job["probes"]]
    order = [name for name, _, _ in programs]
    for _, _, program in sorted(programs, key=lambda one: (order.index(one[0]), one[1])):
        # A folder of its own, which nothing was ever cached in.
        folder = os.path.join(job["scratch"], str(number), *program["id"].split("/"))
        path = observe.stage(program["path"], folder)
        compiled, cold = timed(job, program, "cold", path)
        loaded, warm = timed(job, program, "warm", path)
        if compiled != loaded:
            how = "compiled they returned {}, loaded {}".format(compiled, loaded)
            raise Failed("{}: {}".format(program["id"], how))
        for seen in (cold, warm):
            yield dict(seen, repetition=number)


def introduce(job):
    """Write down what this cell consists of; raises Failed when Numba does not import."""
    results = os.path.join(job["scratch"], "versions")
    words = [os.path.join(HERE, "counters.py"), results]
    environment = phase_environment(job["scratch"], "versions")
    completed(job, "importing Numba", words, environment)
    observe.append(job["out"], {"versions": observe.said(results)})


def measure(job):
    """Carry out the job."""
    introduce(job)
    number = job["repetition"]
    if number == 1:
        # Not timed: what is imported, by a compile and by a load, has its bytecode from here on.
        first = [p for p in job["probes"] if p["id"].startswith(job["probes"][0]["id"])]
        for _ in repetition(dict(job, probes=first), 0):
            continue
    started = time.monotonic()
    for seen in repetition(job, number):
        observe.append(job["out"], seen)
    took = time.monotonic() - started
    print("{}: {} of {}, {:.1f} s".format(job["cell"], number, job["repeat"], took), flush=True)
    observe.append(job["out"], {"done": True})


def stop(*_):
    """Turn a request to end into an exception, so that the process under way is ended first."""
    raise SystemExit(128 + signal.SIGTERM)


def main(job_file):
    signal.signal(signal.SIGTERM, stop)
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    contain.forbid_core_files()
    contain.work_for(job.get("parent", os.getppid()))
    os.makedirs(job["scratch"])
    try:
        measure(job)
    except Failed as failure:
        observe.append(job["out"], {"failed": str(failure)})
        return 1
    finally:
        shutil.rmtree(job["scratch"], ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
