"""The one entry point: `python -m matrix COMMAND`, which the nox sessions call.

Only here are errors printed and an exit status chosen: 0 every claim holds, 1 one does not,
2 bad usage or a bad file, 3 a selected cell could not run, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich.console import Console

from . import commands
from .errors import MatrixError
from .model.text import log_lines
from .parser import parse
from .run import processes

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    try:
        options = parse(words)
        return commands.COMMANDS[type(options)](options)
    except MatrixError as error:
        console.print(f"error: {log_lines(str(error))}", style="bold red", markup=False)
        return error.status
    except KeyboardInterrupt:
        console.print("interrupted; what was done is kept", style="bold yellow")
        return INTERRUPTED


if __name__ == "__main__":
    processes.escape_what_has_no_letters()
    processes.listen()
    if parent := os.environ.pop(processes.PARENT, ""):
        processes.end_with(int(parent))
    sys.exit(main(sys.argv[1:]))
