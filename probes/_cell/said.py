"""What came of a race, in words: of each process, of each order, and of all orders together.

In: how processes ended, and the steps that led there. Out: what an observation says.
"""

import os
import re
import signal

from evidence import same
from steps import TEMPORARY

# From the worst on: what nobody notices is worse than what everybody does.
WORDS = ("poisoned", "wrong", "crashed", "raised", "timed_out", "sound")
# A patch may put a word of its own between.
CACHE_FILE = re.compile(
    r"(?:\w+-)?\w+\.(?P<name>.+)-\d+\.py\d+\w*(?:\.[a-z]\w*)*(?:\.(?P<number>\d+))?\.nb[ic]$"
)


def word_for(role, when, state, right):
    """Return what one process did, as a word and what there is to say about it."""
    found, done = {"word": "sound", "who": role, "when": when}, state.get("done", {})
    if "at" in state:
        found.update(word="timed_out", detail="Deadlock")
    elif state.get("died") == "timed_out":
        found.update(word="timed_out")
    elif state.get("died", "killed") != "killed":
        found.update(word="crashed", detail=ended_by(state["died"]))
    elif "exception" in done:
        found.update(word="raised", detail=done["exception"], message=done["message"])
    elif done and not any(same(done.get("value"), one) for one in right):
        found.update(word="poisoned" if when == "later" else "wrong", value=done.get("value"))
    elif done:
        found.update(value=done["value"])
    return found


def ended_by(code):
    """The name of the signal, or `exit 1`."""
    if isinstance(code, int) and code < 0:
        return signal.Signals(-code).name
    return code if isinstance(code, str) else "exit {}".format(code)


VERBS = {
    "open": "reads",
    "read": "reads",
    "stat": "reads",
    "listdir": "lists",
    "unlink": "removes",
    "remove": "removes",
    "rmdir": "removes",
    "mkdir": "makes",
}


def called(path):
    """What a cache file is to a reader: `f index`, `f data 1`."""
    name = os.path.basename(
        TEMPORARY.sub("a temporary file" if os.sep + "tmp" in path else "", path)
    )
    found = CACHE_FILE.match(name)
    if not found:
        return name
    number = found.group("number")
    return found.group("name") + (" data " + number if number else " index")


def told(steps):
    """Return an order in words, who does what in turn, and how many turns and words there are.

    Told are the steps that meet one of the other's, but not how often, or in how many ways, a file is
    looked at in one turn: that differs from release to release.
    """
    turns = []
    for step in steps:
        killed = step.op[0] == "killed"
        if not killed and (isinstance(step.op[-1], int) or not any(map(step.meets, steps))):
            continue
        does = (
            "is killed" if killed else VERBS.get(step.op[0], "writes") + " " + called(step.op[-1])
        )
        if not turns or turns[-1][0] != step.role:
            turns.append([step.role])
        if does not in turns[-1]:
            turns[-1].append(does)
    text = "; ".join("{} {}".format(turn[0], ", ".join(turn[1:])) for turn in turns)
    return len(turns), sum(map(len, turns)), text


def summary(seen):
    """What all orders come to: how many there are of each kind, and the shortest of the worst."""
    counted = {}
    for found, _ in seen:
        counted[found["word"]] = counted.get(found["word"], 0) + 1
    worst = min(counted, key=WORDS.index)
    if worst == "sound":
        return {"word": worst, "orders": counted}
    chosen = []
    for found, steps in seen:
        if found["word"] == worst:
            turns, words, text = told(steps)
            chosen.append(((turns, found.get("detail", ""), words, text), found))
    (_, _, _, text), found = min(chosen, key=lambda pair: pair[0])
    return dict(found, orders=counted, order=text)
