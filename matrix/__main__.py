"""The one entry point: `python -m matrix COMMAND`, which the nox sessions call.

Only here are errors printed and an exit status chosen: 0 every claim holds, 1 one does not,
2 bad usage or a bad file, 3 a selected cell could not run, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from .errors import MatrixError, Status
from .parser import parse
from .report.terminal import complain
from .run import processes
from .user import pipe

INTERRUPTED = 130
# What is read is held to the end: looking through it for cycles at every 700th object, as CPython
# does by itself, is an eighth of what a report of many cells costs.
OBJECTS = 50_000


def main(words: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    try:
        options = parse(words)
        from . import commands  # noqa: PLC0415 (a wrong word is told without them)

        status = commands.command(options)(options)
        print(end="", flush=True)  # noqa: T201 (while an error can still be told)
    except MatrixError as error:
        complain(f"error: {error}", "bold red")
        return error.status
    except OSError as error:
        if error.errno not in pipe.NO_ROOM:
            raise
        pipe.drop(sys.stdout)
        complain(f"error: {error}", "bold red")
        return Status.REFUSED
    except KeyboardInterrupt:
        complain("interrupted; what was done is kept", "bold yellow")
        return INTERRUPTED
    return status


if __name__ == "__main__":
    gc.set_threshold(OBJECTS)
    processes.escape_what_has_no_letters()
    processes.listen()
    if parent := os.environ.pop(processes.PARENT, ""):
        processes.end_with(int(parent))
    # What a user names is meant from there, whichever option or argument names it.
    os.chdir(os.environ.pop(processes.FROM, os.curdir))
    sys.exit(pipe.while_read(main, sys.argv[1:]))
