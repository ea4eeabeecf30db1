"""The suite's own failures, one class per kind, each with the exit status the entry point gives.

A probe that fails is data and never an exception. Everything here says what happened, where, and
what to do about it; only `matrix.__main__` prints it and exits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LISTED = 12  # more words than this are no help


class MatrixError(Exception):
    """Base of every failure of the suite itself. `status` is the process's exit status."""

    status = 1


class BadInput(MatrixError):
    """A file or an option that the user can edit is wrong; nothing was run and nothing was lost."""

    status = 2


class NothingToRun(MatrixError):
    """The selection holds no cell that can run here."""

    status = 3


class Unreachable(MatrixError):
    """Something outside the suite (the package index, the disk, a tool) did not do its part."""

    status = 1


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return a hint naming the valid words closest to `word`, or all of them when none is close."""
    choices = sorted(map(str, valid))  # an enum member by its value
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(choices[:LISTED]) + (", ..." if len(choices) > LISTED else "")
    return f"valid are: {listed}" if choices else "there is nothing valid to name"
