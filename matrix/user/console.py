# SPDX-License-Identifier: BSD-2-Clause
"""The command `numba-matrix`: its first word says what is wanted.

`check`, `remedy` and `ask` need the user's Numba alone. The others come with the extra `[matrix]`.
CPython 3.6 or newer, the standard library.
"""

import difflib
import os
import re
import sys

from .pipe import while_read

DRIVER = (
    "run", "report", "diff", "show", "debug", "claims", "bisect", "share", "plan", "merge",
)  # fmt: skip
USAGE = """usage: numba-matrix COMMAND ...

  check FILE[::FUNCTION] [--call 'fact(10, 1)']   does it survive the next process, and AOT?
  check --cache DIR                               which files of a cache would end it?
  remedy SCRIPT ARGS...                           run a script with recursion in cache and AOT cured
  ask ...                                         what the map says of a program and a release

with pip install 'numba-matrix[matrix]', CPython 3.11 or newer:

  run, report, diff, show, debug, claims,
  bisect, share, plan, merge                      the matrix itself: COMMAND --help
"""


def main(argv=None):
    """Run the command that the words spell and return the exit status."""
    return while_read(run, list(sys.argv[1:] if argv is None else argv))


def run(words):
    command = words.pop(0) if words else ""
    if command in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0
    if command in ("-V", "--version"):
        print(f"numba-matrix {version()}")
        return 0
    if command in COMMANDS:
        return COMMANDS[command](words)
    if command in DRIVER:
        from . import suite

        return suite.main([command, *words])
    near = difflib.get_close_matches(command, (*COMMANDS, *DRIVER), 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    said = f"error: there is no command {command!r}{hint}\n" if command else ""
    sys.stderr.write(said + USAGE)
    return 2


def version():
    """Return the version, from the settings that the wheel carries and a clone has."""
    here = os.path.dirname(os.path.abspath(__file__))
    for place in ("../suite", "../.."):
        path = os.path.join(here, place, "pyproject.toml")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return re.search(r'(?m)^version = "(.+)"$', file.read())[1]
    return "of an unknown version"


def check(words):
    from .check import command

    return command.main(words)


def subject(words):
    from .check import command

    return command.subject(*words)


def ask(words):
    from .ask import command

    return command.main(words)


def run_script(words, program="numba-matrix remedy"):
    """Run a script with the remedy installed; return 2 where that cannot be begun."""
    from . import remedy
    from .check.watch import unimportable

    if words and os.path.exists(words[0]):
        try:
            import numba  # noqa: F401
        except Exception as error:  # noqa: BLE001 (whatever an unfit NumPy makes it raise)
            sys.stderr.write(f"error: {unimportable(error)}\n")
            return 2
    return remedy.main(words, program)


COMMANDS = {"check": check, "remedy": run_script, "ask": ask, "_subject": subject}
