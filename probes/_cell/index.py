"""What Numba's index files hold, beside what a process asks them for.

In: this process, whenever it looks for a specialisation in its cache. Out: which parts of what it asks
for are not in the index as it lies there; where none is missing, Numba loads.
"""

import pickle

import counters

PARTS = ("signature", "target", "code", "closure")


def parts_of(key):
    """Return a key of the index by its parts; in older releases it has two."""
    digests = key[2] if len(key) > 2 else ()
    return dict(zip(PARTS, tuple(key[:2]) + tuple(digests)))


def held(path):
    """Return the version, the stamp and the keys of an index file, read as Numba is about to read it.

    Raises whatever reading it raises.
    """
    with open(path, "rb") as file:
        version = pickle.load(file)  # noqa: S301
        stamp, overloads = pickle.loads(file.read())  # noqa: S301
    return version, stamp, list(overloads)


def differing(index, key):
    """Return what an index file lacks of the key: nothing, or in a word or two why it is not there."""
    try:
        version, stamp, keys = held(index._index_path)
    except FileNotFoundError:
        return ["file"]
    except Exception:  # it can hold anything, which is not ours to judge
        return ["unreadable"]
    if version != index._version:
        return ["version"]
    if stamp != index._source_stamp:
        return ["stamp"]
    wanted = parts_of(key)
    missing = [
        [part for part in wanted if wanted[part] != there.get(part)]
        for there in map(parts_of, keys)
    ]
    return min(missing, key=len) if missing else ["file"]


class Asked:
    """Calls `tell` with all that was asked for so far, at each time that something is."""

    def __init__(self, tell):
        self.tell = tell
        self.so_far = []
        caching = counters.numba_module("numba.core.caching", "numba.caching")
        counters.before(caching.IndexDataCacheFile, "load", self.about_to_load)

    def about_to_load(self, index, key):
        missing = differing(index, key)
        self.so_far.append({"index": index._index_name, "missing": missing})
        self.tell(asked=self.so_far)
