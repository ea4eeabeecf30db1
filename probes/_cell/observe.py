"""From an order and how its process ended to an observation: what that phase did.

In: an order, the Ending of its process. Out: a dict, ready to be written as one line of JSON.
"""

import hashlib
import json
import math
import os
import re
import shutil
import stat

from evidence import LARGEST_VALUE, MESSAGE_LIMIT, bounded, normalise, places, plain_value

STREAM_LIMIT = 4000
NAME_LIMIT = 100
# A phase says its value twice and little else; this many bytes of what it said are read.
RESULTS_LIMIT = 2**20
# Of a cache file; Numba's own stay well below. Of a larger one the size must do.
DIGESTED = 2**26
# Numba's caches lie just below the probe's folder; a probe may go as deep as it likes.
DEEPEST_FOLDER = 20


def prepare(order):
    """Give the order a fresh results file, and note the cache data files as they are."""
    os.makedirs(os.path.dirname(order["results"]), exist_ok=True)
    # An earlier phase of the probe may have put anything there.
    if os.path.isdir(order["results"]) and not os.path.islink(order["results"]):
        shutil.rmtree(order["results"])
    elif os.path.lexists(order["results"]):
        os.unlink(order["results"])
    order["files_before"] = data_files(os.path.dirname(order["path"]))


def stage(source, folder):
    """Copy the probe into a folder of its own, with what lies beside it for its sake as `_x.py`.

    Return the copy's path.
    """
    os.makedirs(folder)
    here = os.path.dirname(source)
    beside = [name for name in names_in(here) if name.startswith("_") and name.endswith(".py")]
    for name in [os.path.basename(source)] + sorted(beside):
        shutil.copyfile(os.path.join(here, name), os.path.join(folder, name))
    return os.path.join(folder, os.path.basename(source))


def data_files(folder):
    """The cache's index and data files below `folder`, each with its size and a digest."""
    found = []
    waiting = [(folder, 0)]
    while waiting:
        where, depth = waiting.pop()
        for name in names_in(where):
            path = os.path.join(where, name)
            if name.endswith((".nbi", ".nbc")):
                size, digest = measured(path)
                # Whatever bytes it is called by, and no backslash: that is no file's name.
                called = name.encode("utf-8", "xmlcharrefreplace").decode()
                found.append({"name": called, "bytes": size, "sha256": digest})
            elif depth < DEEPEST_FOLDER and os.path.isdir(path) and not os.path.islink(path):
                waiting.append((path, depth + 1))
    return sorted(found, key=lambda file: (file["name"], file["sha256"]))


def names_in(folder):
    try:
        return os.listdir(folder)
    except OSError:  # it went away, or may not be looked into
        return []


def measured(path):
    """The size and a digest of a cache file; of what is no file, or none to be read, zeros."""
    digest = hashlib.sha256()
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return 0, "0" * 16
        with open(path, "rb") as file:
            digest.update(file.read(DIGESTED))
    except OSError:
        return 0, "0" * 16
    return status.st_size, digest.hexdigest()[:16]


def said(path):
    """Merge the lines of a results file, which a probe can write to as well.

    What is no JSON object is left out: such a line, or one cut off by the death of its process.
    """
    merged = {}
    if not os.path.isfile(path):
        return merged
    with open(path, "rb") as file:
        lines = file.read(RESULTS_LIMIT).split(b"\n")[:-1]
    for line in lines:
        try:
            told = json.loads(line.decode(), parse_constant=no_number)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            earlier, more = merged.get("outside"), told.get("outside")
            merged.update(told)
            if isinstance(earlier, list) and isinstance(more, list):
                merged["outside"] = earlier + more
    return merged


def no_number(word):
    raise ValueError("JSON has no {}".format(word))


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def is_time(value):
    return isinstance(value, float) and math.isfinite(value) and value >= 0


def is_text(value):
    return isinstance(value, str)


def is_value(value):
    """Whether this is what `shown` returned: naming places makes a value longer, not fourfold."""
    try:
        return plain_value(value) == value and len(json.dumps(value)) <= 4 * LARGEST_VALUE
    except (TypeError, ValueError):
        return False


def list_of(is_one):
    return lambda value: isinstance(value, list) and all(map(is_one, value))


def record_of(**fields):
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(fields)
        and all(is_right(value[name]) for name, is_right in fields.items())
    )


SPECIALISATION = record_of(signature=is_text, unresolved=lambda value: isinstance(value, bool))
# What a phase says, and what each of it must be to be told on.
SAYS = {
    "value": is_value,
    "exception": is_text,
    "message": is_text,
    "run_s": is_time,
    "hits": is_count,
    "misses": is_count,
    "loads": is_count,
    "saves": is_count,
    "compiled": is_count,
    "unresolved": list_of(is_text),
    "dispatchers": list_of(record_of(name=is_text, specialisations=list_of(SPECIALISATION))),
    "asked": list_of(record_of(index=is_text, missing=list_of(is_text))),
    "outside": list_of(record_of(module=is_text, file=is_text, sha256=is_text)),
}


def believed(told):
    """Return what a phase said as far as it can be, and as an exception where it cannot."""
    kept = {name: told[name] for name in SAYS if name in told and SAYS[name](told[name])}
    odd = sorted(name for name in SAYS if name in told and name not in kept)
    if odd:
        kept["exception"] = "UnusableResults"
        kept["message"] = "its {} is {}".format(odd[0], bounded(repr(told[odd[0]]), 200))
    return kept


def observation(order, ending):
    """Return what the phase did. Its `status` says how it ended, its other fields what was seen."""
    told = said(order["results"])
    answered, patching = told.get("answered") is True, told.get("patching") is True
    told = believed(told)
    hidden = places(order["scratch"])
    status = how_it_ended(told, answered, ending)
    seen = {
        "probe": order["probe"],
        "name": "patch" if patching else order["phase"],
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
    if "exception" in told:
        # Whatever a class is called, in a log it is to be one word.
        told["exception"] = re.sub(r"[^\w.]", "_", told["exception"], flags=re.ASCII)[:NAME_LIMIT]
    if "message" in told:
        told["message"] = bounded(normalise(told["message"], hidden), 2 * MESSAGE_LIMIT)
    return dict(seen, **told)


def how_it_ended(told, answered, ending):
    """One word. An answer counts only if the process then ended well: a crash at exit is a crash."""
    if ending.timed_out:
        return "timed_out"
    if ending.code != 0:
        return "crashed"
    if "exception" in told:
        return "raised"
    return "answered" if answered else "crashed"


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
