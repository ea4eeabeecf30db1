"""What a cell can be asked to do: one file each, all carried through one plan, run and store."""

from __future__ import annotations

from typing import Any, Protocol

from ..model.job import Job, Observed, Run
from .debug import Debugging
from .overhead.samples import Measuring
from .probe import Probing


class Experiment(Protocol):
    """One of them. `script` of the in-cell runner does it, and what it files is a `record`.

    What it prints is kept only if it is `quiet`; else it is shown as it comes.
    """

    script: str
    quiet: bool
    record: Any

    def order(self, run: Run, job: Job) -> dict[str, Any]:
        """Return what the script is told beside what all are told."""
        ...

    def longest_s(self, run: Run, job: Job) -> float:
        """Return how long, in seconds, nothing may be heard of the script."""
        ...

    def filed(self, run: Run, cell: str, seen: Observed, older: Any) -> Any:  # noqa: ANN401
        """Return what is to be stored of a cell; None lets go what this run has stored of it."""
        ...


EXPERIMENTS: dict[str, Experiment] = {
    "probes": Probing(),
    "overhead": Measuring(),
    "debug": Debugging(),
}
