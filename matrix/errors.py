"""The suite's own failures, one class per kind, each with the exit status the entry point gives.

A probe that fails is data and never an exception. Everything here says what happened, where, and
what to do about it; only `matrix.__main__` prints it and exits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class Status(IntEnum):
    """The exit statuses of the suite."""

    HOLDS = 0  # every claim does; or a command did what it was asked
    FAILS = 1  # a claim does not hold; or two reports differ
    REFUSED = 2  # a word or a file is wrong
    COULD_NOT_RUN = 3  # nothing could, or with --strict not all


LISTED = 12  # more words than this are no help


class MatrixError(Exception):
    """Base of every failure of the suite itself. `status` is the process's exit status."""

    status = Status.FAILS


class BadInput(MatrixError):
    """A file or an option that the user can edit is wrong; nothing was run and nothing was lost."""

    status = Status.REFUSED


class NothingToRun(MatrixError):
    """The selection holds no cell that can run here."""

    status = Status.COULD_NOT_RUN


class Unreachable(MatrixError):
    """Something outside the suite (the package index, the disk, a tool) did not do its part."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return a hint naming the valid words closest to `word`, or all of them when none is close."""
    choices = sorted(map(str, valid))  # an enum member by its value
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(choices[:LISTED]) + (", ..." if len(choices) > LISTED else "")
    return f"valid are: {listed}" if choices else "there is nothing valid to name"
