"""The commands behind the nox sessions, each as its list of steps.

In: a command's options, which end here: nobody below sees them. Out: what the steps write, what is
printed, and an exit status. Errors are raised, not printed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from .. import options

# Where each command is: pytest, templates and plots take longer to import than some of them do.
COMMANDS: Mapping[type, str] = {
    options.Run: "run.run",
    options.Report: "stored.report.report",
    options.Reference: "reference.reference",
    options.Bisect: "bisect.bisect",
    options.Overhead: "overhead.overhead",
    options.Share: "share.share",
    options.Plan: "stored.shards.plan",
    options.Merge: "stored.shards.merge",
    options.Diff: "stored.files.diff",
    options.Show: "square.show.show",
    options.Debug: "square.debug.debug",
    options.Claims: "stored.claims.claims",
    options.Audit: "stored.files.audit",
    options.Lock: "stored.files.lock",
}


def command(asked: object) -> Callable[[Any], int]:
    """Return the command that these options are of."""
    place = COMMANDS[type(asked)]
    if isinstance(asked, options.Run) and (asked.numba or asked.numba_python):
        place = "builds.against.run"
    module, _, name = place.rpartition(".")
    found: Callable[[Any], int] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return found
