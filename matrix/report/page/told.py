"""What an outcome is to who meets it, in a sentence. Pure."""

from __future__ import annotations

from ...model.outcome import Result

# What a state's text leaves to be said, by outcome and phase, then by outcome.
TOLD = {
    "hit": "The next process loads it from the cache and compiles nothing.",
    "works": "The built module gives the right value where Numba cannot be imported.",
    "crashed warm": "The first process is fine; the next one loads it from the cache and dies.",
    "crashed cold": "The run that begins with an empty cache dies already.",
    "crashed load": "The module is built, and the process that loads it dies.",
    "raised interpreted": "It cannot even be run as plain Python.",
    "raised cold": "The first process that calls it already ends with an exception.",
    "raised warm": "The first process is fine; the next one ends with an exception.",
    "raised build": "The module cannot be built.",
    "raised load": "The module is built, but cannot be loaded where Numba cannot be imported.",
    "wrong cold": "It gives a wrong value, in the first process already, and says nothing.",
    "wrong": "It gives a wrong value and says nothing.",
    "recompiled": "The value is right, but the next process compiles it again.",
    "uncacheable": "The value is right, but nothing is stored: every process compiles it again.",
    "noticed": "The next process sees that something changed, and compiles it anew.",
    "kept": "The next process has the value of after the change, from the cache of before it.",
    "stale": "The next process does not see that something changed, and gives the value of before.",
    "raised change": "The change itself could not be made.",
    "sound": "Whatever the order, every process has the right value, those that come later too.",
    "poisoned": "In some order, later processes get a wrong value from the cache, for good.",
    "raised race": "In some order, a process ends with an exception.",
    "crashed race": "In some order, a process dies.",
    "timed_out": "It does not end in time.",
}


def tell(result: Result) -> str:
    """Return an outcome in a sentence."""
    key = f"{result.outcome} {result.phase}"
    return TOLD.get(key) or TOLD.get(str(result.outcome)) or f"{result}."
