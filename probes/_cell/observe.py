"""From an order and how its process ended to an observation: what that phase did.

In: an order, the Ending of its process. Out: a dict, ready to be written as one line of JSON.
"""

import hashlib
import json
import os
import shutil

from evidence import bounded, normalise, places

STREAM_LIMIT = 4000


def prepare(order):
    """Give the order a fresh results file, and note the cache data files as they are."""
    os.makedirs(os.path.dirname(order["results"]), exist_ok=True)
    if os.path.exists(order["results"]):
        os.unlink(order["results"])
    order["files_before"] = data_files(os.path.dirname(order["path"]))


def stage(source, folder):
    """Copy the probe into a folder of its own, empty but for it; return the copy's path."""
    os.makedirs(folder)
    target = os.path.join(folder, os.path.basename(source))
    shutil.copyfile(source, target)
    return target


def data_files(folder):
    """The cache's index and data files below `folder`, each with its size and a digest."""
    found = []
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".nbi", ".nbc")):
                with open(os.path.join(where, name), "rb") as file:
                    content = file.read()
                digest = hashlib.sha256(content).hexdigest()[:16]
                found.append({"name": name, "bytes": len(content), "sha256": digest})
    return sorted(found, key=lambda file: file["name"])


def said(path):
    """Merge the lines of a results file. A line cut off by the death of its process is left out."""
    merged = {}
    if not os.path.exists(path):
        return merged
    with open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                merged.update(json.loads(line.decode()))
    return merged


def observation(order, ending):
    """Return what the phase did. Its `status` says how it ended, its other fields what was seen."""
    told = said(order["results"])
    hidden = places(order["scratch"])
    status = how_it_ended(told, ending)
    seen = {
        "probe": order["probe"],
        "name": order["phase"],
        "status": status,
        "exit": ending.code,
        "signal": ending.signal,
        "wall_s": round(ending.wall_s, 4),
        "cpu_s": None if ending.cpu_s is None else round(ending.cpu_s, 4),
        "strays": ending.strays,
        "stdout": bounded(normalise(ending.out, hidden), STREAM_LIMIT),
        "stderr": bounded(normalise(ending.err, hidden), STREAM_LIMIT),
        "files_before": order["files_before"],
        "files_after": data_files(os.path.dirname(order["path"])),
    }
    for name in (
        "value",
        "exception",
        "message",
        "run_s",
        "hits",
        "misses",
        "loads",
        "saves",
        "compiled",
        "unresolved",
        "dispatchers",
    ):
        if name in told:
            seen[name] = told[name]
    return seen


def how_it_ended(told, ending):
    """One word. An answer counts only if the process then ended well: a crash at exit is a crash."""
    if ending.timed_out:
        return "timed_out"
    if ending.code != 0:
        return "crashed"
    if "exception" in told:
        return "raised"
    return "answered" if told.get("answered") else "crashed"


def append(path, fields):
    """Add one line to the observations, in one write: a reader sees all of it or none."""
    with open(path, "ab", buffering=0) as file:
        file.write((json.dumps(fields, allow_nan=False) + "\n").encode())


def read(path):
    """Return the whole lines of an observations file, parsed."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        return [json.loads(line.decode()) for line in file if line.endswith(b"\n")]
