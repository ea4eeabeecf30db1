"""The commands behind the nox sessions, each as its list of steps.

In: a command's options, which end here: nobody below sees them. Out: what the steps write, what is
printed, and an exit status. Errors are raised, not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import options
from . import bisect, overhead, reference, run, share
from .builds import against
from .square import debug, show
from .stored import claims, files, report, shards


def _run(o: options.Run) -> int:
    return against.run(o) if o.numba or o.numba_python else run.run(o)


COMMANDS: Mapping[type, Callable[[Any], int]] = {
    options.Run: _run,
    options.Report: report.report,
    options.Reference: reference.reference,
    options.Bisect: bisect.bisect,
    options.Overhead: overhead.overhead,
    options.Share: share.share,
    options.Plan: shards.plan,
    options.Merge: shards.merge,
    options.Diff: files.diff,
    options.Show: show.show,
    options.Debug: debug.debug,
    options.Claims: claims.claims,
    options.Audit: files.audit,
    options.Lock: files.lock,
}
