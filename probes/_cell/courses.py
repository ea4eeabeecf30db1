"""Which phases a probe goes through, by what carries it, and which of all probes go together.

In: what a phase did. Out: the next one's name. A new carrier is an entry here, and one in
`matrix/model/record.py` and `outcome.py`.
"""

FIRST = "interpreted"
FOLLOWS = {
    "cache": {"interpreted": "cold", "cold": "warm", "warm": "again"},
    "aot": {"interpreted": "build", "build": "load"},
    "change": {
        "interpreted": "cold",
        "cold": "change",
        "change": "truth",
        "truth": "warm",
        "warm": "again",
    },
    "race": {"interpreted": "race"},
}
# What compiled and what loads it are never of one generation: an address that a cache keeps would
# still be right. A generation's parent forks `load` and `build` before the phase named beside them.
GENERATIONS = (
    ("interpreted",),
    ("build", "cold"),
    ("change",),
    ("truth",),
    ("load", "warm"),
    ("again",),
    ("race",),
)
STARTING = (FIRST, "cold", "build")  # with nothing cached and nothing built
COMPILING = ("cold", "truth")
PLAIN = ("interpreted", "truth")  # in plain Python, unless the truth has to be compiled
NUMBA_ABSENT = ("load", "change")  # where it cannot be imported
# Their caches lie beside them as a user's do, and modules of the same folder are at hand.
AT_HOME = ("change", "race")


def clean_hit(seen):
    """Whether a warm phase loaded everything and compiled nothing: then there is no `again`."""
    return (
        seen["hits"] + seen["loads"] > 0
        and not (seen["misses"] or seen["saves"] or seen["compiled"])
        and seen["files_before"] == seen["files_after"]
    )


def next_phase(carrier, seen):
    """Return the name of the phase to follow this observation, or None: it was the last."""
    if seen["status"] != "answered" or (seen["name"] == "warm" and clean_hit(seen)):
        return None
    return FOLLOWS[carrier].get(seen["name"])
