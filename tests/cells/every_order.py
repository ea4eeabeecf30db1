"""All orders of a race, and those of them that are tried: both come to the same ends.

In: the in-cell runner's folder, a probe of `race/`, a folder to work in, what plain Python gives.
Out: on stdout, as JSON, how many orders there are of each kind, and what they come to. Run by the
Python of a cell.
"""

import json
import os
import sys


def ends(folder, probe, in_turn, *, reduce):
    """Return the number of orders, and each end: what all four gave, and which files are left."""
    import observe
    from held import HERE, Parent
    from orders import Race
    from steps import TEMPORARY

    found = []

    class Noting(Race):
        def first(self, point, due):
            return super().first(point, due) if self.reduce else list(due)

        def judge(self, point):
            left = [TEMPORARY.sub("", name) for name in self.folder.files()]
            kept = self.folder.digest()
            super().judge(point)
            raced = [point.held[role].state for role in ("run", "other")]
            found.append(json.dumps([raced, self.loaded[kept], left], sort_keys=True))

    waker = observe.stage(os.path.join(HERE, "waker.py"), os.path.join(folder, "waker"))
    told = {"scratch": folder, "patch": None, "waker": waker, "timeout_s": 100}
    order = {
        "probe": "race/all",
        "path": observe.stage(probe, os.path.join(folder, "probe")),
        "scratch": folder,
        "results": os.path.join(folder, "results", "race"),
        "in_turn": in_turn,
    }
    parents = [Parent(writes, told) for writes in (True, False)]
    race = Noting(order, *parents, 100, reduce=reduce)
    race.run()
    for parent in parents:
        parent.end()
    return {"orders": len(found), "ends": sorted(set(found))}


def main(runner, probe, folder, in_turn):
    sys.path.insert(0, runner)
    found = {}
    for name, reduce in (("all", False), ("reduced", True)):
        there = os.path.join(folder, name)
        os.makedirs(there)
        found[name] = ends(there, probe, json.loads(in_turn), reduce=reduce)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
