"""What a recursive function costs beside two plain ones, compiled or loaded at the first call.

In: the file to write to, as the only argument. Out: the seconds each step took, what the functions
returned and what Numba counted, as JSON. All else is done before the first step or after the last.
"""

import json
import sys
import time

now = time.perf_counter
at = [now()]

import numpy

at.append(now())

import numba

at.append(now())


@numba.njit(cache=True)
def f0(n):
    if n < 0:  # never taken: it is there to be compiled
        grid = numpy.arange(0, 15).reshape((3, 5))
        grid[0].sort()
        for row in range(3):
            grid[row] += row
        return grid[0, 1] + grid[2, 3]
    return n + 1


at.append(now())
first0 = f0(20)
at.append(now())
second0 = f0(20)
at.append(now())


@numba.njit(cache=True)
def f1(n):
    if n < 0:
        grid = numpy.arange(0, 15).reshape((3, 5))
        grid[1].sort()
        for row in range(3):
            grid[row] += row
        return grid[0, 2] + grid[2, 4]
    return n + 2


at.append(now())
first1 = f1(20)
at.append(now())
second1 = f1(20)
at.append(now())


@numba.njit(cache=True)
def f2_rec(n):
    if n < 0:
        grid = numpy.arange(0, 15).reshape((3, 5))
        grid[2].sort()
        for row in range(3):
            grid[row] += row
        return grid[0, 3] + grid[2, 0]
    return n if n in (0, 1) else f2_rec(n - 1) + f2_rec(n - 2)


at.append(now())
first2 = f2_rec(20)
at.append(now())
second2 = f2_rec(20)
at.append(now())

steps = ["import numpy", "import numba"]
for name in ("f0", "f1", "f2"):
    steps += [name + " definition", name + " first call", name + " second call"]
functions = (f0, f1, f2_rec)
seen = {
    "steps": {step: end - start for step, start, end in zip(steps, at, at[1:])},
    "returned": [first0, second0, first1, second1, first2, second2],
    "hits": sum(sum(f.stats.cache_hits.values()) for f in functions),
    "misses": sum(sum(f.stats.cache_misses.values()) for f in functions),
}
with open(sys.argv[1], "w") as file:
    json.dump(seen, file)
