"""The commands behind the nox sessions, each as its list of steps.

In: a command's options, which end here: nobody below sees them. Out: what the steps write, what is
printed, and an exit status. Errors are raised, not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import options
from . import bisect, overhead, run, share, sharing
from .stored import files, report

COMMANDS: Mapping[type, Callable[[Any], int]] = {
    options.Run: run.run,
    options.Report: report.report,
    options.Bisect: bisect.bisect,
    options.Overhead: overhead.overhead,
    options.Share: sharing.share,
    options.Plan: share.plan,
    options.Merge: share.merge,
    options.Diff: files.diff,
    options.Check: files.check,
    options.Lock: files.lock,
}
