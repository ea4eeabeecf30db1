"""matrix.json in words: what each of its fields means, in which shape and unit. Pure.

In: the JSON Schema that msgspec makes of the types. Out: the same, with a description per field.
"""

from __future__ import annotations

from typing import Any

from ..experiments.sharing import MEANING
from .page.squares import STATES, WITHOUT_CLAIMS

ID = "The cell: release and CPython, as in 0.57.0-cp311."
PROBE = "The probe: its carrier and its file's name, as in cache/self_lazy; after an @, its patch."
SECONDS = "Seconds of wall time."
COUNT = "A number of"
RUN = "cold: with an empty cache; warm: with what the cold run cached."
# By type and field; the types say what is a number, a text or a list.
WORDS: dict[str, dict[str, str]] = {
    "MatrixReport": {
        "schema": "2. Fields are added under it; none is taken away or changes its meaning. What"
        " was seen the same is here once, in a table, and named by its number there, from 0.",
        "platform": "Where the cells ran: operating system and processor, as in linux-x86_64.",
        "cells": "Every cell that was asked for, oldest release first, those that did not run too.",
        "claims": "Each claim, by id, once for all cells where the same was seen of it.",
        "phases": "A table: each phase that was seen, without its times and files.",
        "folders": "A table: what a cache held, each file as the number of its name in `names`, its"
        " size in bytes and the first 16 hexadecimal digits of its SHA-256. The first is empty.",
        "names": "A table: the names of files of Numba's cache, no folder.",
        "reference": "True if this is of the committed reference, which has no phases and values.",
        "programs": "By probe, the first 16 digits of the SHA-256 of its file, of what lies beside"
        " it and of its patch.",
        "overhead": "What was measured by `nox -s overhead`; not there if nothing was.",
        "shared": "What the last run of `nox -s share` came to; not there if there was none, or if"
        " the report is of less than all that is stored.",
    },
    "CellReport": {
        "id": ID,
        "numba": "The Numba release, as in 0.57.0.",
        "python": "The version of CPython; of a cell that did not run, no more than 3.11.",
        "numpy": "The version of NumPy; empty where the cell did not run.",
        "llvmlite": "The version of llvmlite; empty where the cell did not run.",
        "llvm": "The version of LLVM that llvmlite brings; empty where the cell did not run.",
        "status": "Whether it ran, or what kept it from running.",
        "reason": "Why it did not run, in words; empty where it ran.",
        "probes": "What was seen of each probe. One that is not here was not run in this cell.",
        "upstream": "What came of Numba's own tests, if they were asked for (--upstream).",
        "not_installable": "By probe that was not run here: why what it needs could not be"
        " installed. One that is in `probes` as well was seen before that.",
    },
    "ProbeReport": {
        "id": PROBE,
        "outcome": "The one word for what the probe did; the README has a table of them.",
        "phase": "The phase it happened in: interpreted, cold, warm, again, build, load or patch.",
        "detail": "What kind of it: an exception's name, a signal, `exit 3`, late, never; or .",
        "phases": "Every phase that was run, in that order, by number in the table `phases`;"
        " each was a process of its own.",
        "times": "Of each of its phases, in seconds: wall time, CPU time and wall time in `run()`"
        " alone, to the millisecond, or two digits where it is less than ten; null where one is not"
        " known.",
        "folders": "What the cache held when each of its phases had ended, by number in the table"
        " `folders`. The first began with no file, any other with what the one before had left:"
        " otherwise there are twice as many, first what each began with. Not there: never a file.",
        "state": "The outcome held against its claim: "
        + "; ".join(f"`{word}`: {means}" for _, word, means in STATES.values())
        + ". Where nothing is claimed of any probe: "
        + "; ".join(f"`{word}`: {means}" for _, word, means in WITHOUT_CLAIMS.values())
        + ". Empty in files of older versions.",
        "packages": "What was installed for it beside, or in place of, the packages of the cell.",
    },
    "Package": {
        "name": "The package's name, as the index has it.",
        "version": "The version that was installed.",
        "sha256": "The first digits of the digest of a wheel of the user's own; or empty.",
        "asked": "Whether it was named (--with, PEP 723), or is there because another needs it.",
    },
    "PhaseReport": {
        "name": "interpreted (the truth), cold, warm, again; interpreted, build, load; or patch.",
        "status": "answered, raised, crashed or timed_out.",
        "value": "What `run()` returned, any JSON; null if it gave none.",
        "exit": "The exit status of its process, negative for a signal; null where it answered.",
        "signal": "The signal that ended it, as in SIGSEGV; or null.",
        "exception": "The name of the exception that ended it, as in TypingError; or null.",
        "message": "What that exception says, bounded; or null.",
        "hits": f"{COUNT} specialisations that the probe's functions loaded, by Numba's counters.",
        "misses": f"{COUNT} specialisations they did not find in the cache, by Numba's counters.",
        "loads": f"{COUNT} loads heard at Numba's cache, for all but Numba's own helpers.",
        "saves": f"{COUNT} saves heard at Numba's cache, for all but Numba's own helpers.",
        "compiled": f"{COUNT} compilations heard, for all but Numba's own helpers.",
        "unresolved": "The `.numba.unresolved$` symbols put into its code; LLVM may drop one.",
        "dispatchers": "The jitted functions of the probe and what they had compiled at the end.",
        "asked": "What it asked the index files of the cache for; known of changes only.",
        "strays": f"{COUNT} processes that it left behind and that were ended.",
        "stdout": "What it printed, bounded.",
        "stderr": "What it printed to standard error, bounded.",
    },
    "Asked": {
        "index": "The name of an index file of Numba's cache that this process asked.",
        "missing": "What kept it from holding what was asked for: file, version or stamp, else"
        " parts of the key (signature, target, code, closure), or `unreadable`; nothing: it did.",
    },
    "Dispatcher": {
        "name": "The name it has in the probe.",
        "specialisations": "One per signature that was compiled or loaded.",
    },
    "Specialisation": {
        "signature": "The types of its arguments.",
        "unresolved": "Whether its LLVM IR holds a `.numba.unresolved$` symbol.",
    },
    "UpstreamResult": {
        "suite": "Its name in upstream.toml.",
        "key": "A digest of all that the result depends on.",
        "passed": f"{COUNT} tests that passed.",
        "failed": f"{COUNT} tests that failed.",
        "skipped": f"{COUNT} tests that were skipped.",
        "absent": "Whether this release has no such tests.",
        "ended": "How its process ended before its tests did, as in SIGSEGV; or empty.",
        "failures": "The dotted names of the tests that failed.",
        "wall_s": SECONDS,
    },
    "ClaimReport": {
        "id": "The claim's probe; with another word after it, a rule for all probes.",
        "probe": PROBE,
        "cells": "The cells where this was seen of it, by id.",
        "kind": "promise (users rely on it), hazard (a known defect), rule or isolation.",
        "holds": "Whether what happened is what is claimed.",
        "says": "What happened and, where the claim does not hold, what is claimed.",
        "issue": "The address of the thread about it; or empty.",
        "why": "Why it is claimed, in a sentence; empty for a rule, and where nothing is claimed.",
        "workarounds": "Probes that do the same and are safe, by id.",
        "why_here": "Why it does not do well in these cells, where `why` is no reason for that (a"
        " promise that one release cannot keep); or empty.",
    },
    "SharedReport": {
        "probe": "The cache probe that all of them ran, by id.",
        "pairs": "Each two users of one cache folder, in either order, each with itself as well.",
    },
    "PairReport": {
        "first": "Who ran first, on an empty folder, and once more in the end.",
        "second": "Who ran on what the first had left.",
        "outcome": "What became of it: " + "; ".join(f"{w}: {m}" for w, m in MEANING.items()) + ".",
        "detail": "What ended a process, as in SIGSEGV; empty where none was ended.",
        "phases": "The three processes, first, second and first again, by number in `phases`.",
        "times": "Of each of them, as of a probe's phases.",
        "folders": "What the folder held when each had ended, as of a probe's phases.",
    },
    "User": {
        "cell": ID,
        "cpu": "The NUMBA_CPU_NAME it had; empty for the processor's own.",
        "numpy": "The version of the NumPy it had in place of the one that is locked; or empty.",
    },
    "OverheadReport": {
        "spread": "What a spread is, in words.",
        "article": "The figures of an article, taken on another machine.",
        "cells": "Every cell that was measured, oldest release first.",
    },
    "Article": {
        "when": "Its month, as in 2023-12.",
        "machine": "What it was measured on.",
        "python": "The version of CPython.",
        "numpy": "The version of NumPy.",
        "numba": "The Numba release.",
        "first_and_second_run": "Seconds of the cold and the warm run, by program and step.",
    },
    "CellFigures": {
        "id": ID,
        "numba": "The Numba release.",
        "python": "The version of CPython.",
        "numpy": "The version of NumPy.",
        "platform": "Operating system and processor, as in linux-x86_64.",
        "cpu": "The name of the processor.",
        "cores": f"{COUNT} cores.",
        "when": "When the measuring began, UTC.",
        "repeat": "How often everything was measured.",
        "load": "The lowest and the highest load average of a minute around it; or null.",
        "starts": "What starting a process costs.",
        "figures": "What each step of each program costs.",
        "claims": "How the claims on ratios stand.",
        "patched": "What everything costs under a patch, where it was measured under one as well.",
    },
    "PatchRatio": {
        "patch": "The name of the patch.",
        "cell": "The cell's id.",
        "what": "What is compared: an import, a compile or a load, of which function.",
        "ratio": "The median of what it costs under the patch over what it costs without.",
        "spread": "Its spread to either side.",
        "samples": f"{COUNT} ratios.",
        "standing": "How the claim that loading costs the same stands; null of what is no load.",
    },
    "StartFigure": {
        "run": RUN,
        "median_s": "The median, in seconds.",
        "spread_s": "Its spread to either side, in seconds.",
        "samples": f"{COUNT} measurements.",
    },
    "StepFigure": {
        "program": "The program that was timed.",
        "run": RUN,
        "step": "Which step of it: an import, or a function's first or second call.",
        "median_s": "The median, in seconds.",
        "spread_s": "Its spread to either side, in seconds.",
        "samples": f"{COUNT} measurements.",
        "steady": "Whether the spread is small enough for the median to say anything.",
    },
    "Judged": {
        "id": "The claim.",
        "cell": ID,
        "program": "The program that bears it out worst.",
        "standing": "Whether it holds; unclear where the spread leaves it open.",
        "ratio": "The ratio of the medians, a plain number.",
        "lowest": "The lowest ratio of one repetition.",
        "highest": "The highest ratio of one repetition.",
        "samples": f"{COUNT} repetitions.",
        "least": "The least the ratio has to be; or null.",
        "says": "The claim in words.",
    },
}


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what each field means."""
    types = {
        name: definition
        | {
            "properties": {
                field: how | {"description": WORDS.get(name, {}).get(field, "")}
                for field, how in definition["properties"].items()
            }
        }
        if "properties" in definition
        else definition
        for name, definition in schema["$defs"].items()
    }
    return schema | {"$defs": types}
