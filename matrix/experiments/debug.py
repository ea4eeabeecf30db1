"""The experiment that stops: a probe's phases up to one, laid out so that this one is run by hand.

In: what is asked of a square. Out: the `Laid` phase: how the in-cell runner would have started it.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import msgspec

from ..model.files import UNDECODABLE
from ..model.job import Job, Observed, Run
from ..model.record import CellRecord
from .probe import Probing

LAID, ORDER = "phase.json", "order.json"


class Laid(msgspec.Struct, frozen=True):
    """How one phase is started: its command but for the order, its environment, where, on what.

    `probes` is the folder it changes, `results` the file it answers in; `truth` holds the value
    that plain Python gave, if it gave one.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    probes: str
    results: str
    truth: tuple[Any, ...] = ()

    def script(self, laid_out: Path) -> str:
        """Return the phase as a shell takes it; it begins where the phase began, whenever."""
        quote = shlex.quote
        order = f'"$(cat {quote(str(laid_out / ORDER))})"'
        lines = [
            f"rm -rf {quote(self.probes)} {quote(self.results)} &&",
            f"cp -Rp {quote(str(laid_out / 'before'))} {quote(self.probes)} &&",
            f"cd {quote(self.folder)} &&",
            f"env -i {shlex.join(self.settings)}",
            f"{shlex.join(self.command)} {order}",
        ]
        return " \\\n  ".join(lines)

    @property
    def settings(self) -> list[str]:
        """The environment as `env` takes it."""
        return [f"{name}={value}" for name, value in sorted(self.environment.items())]

    def words(self, laid_out: Path) -> list[str]:
        """Return the command with its order, as it is started without a shell."""
        return [*self.command, (laid_out / ORDER).read_text(encoding="utf-8")]

    def said(self) -> dict[str, Any]:
        """Return what the phase has said of itself, line by line the newest."""
        told: dict[str, Any] = {}
        results = Path(self.results)
        for line in results.read_bytes().splitlines() if results.is_file() else ():
            try:
                told |= msgspec.json.decode(line, type=dict[str, Any])
            except UNDECODABLE:  # cut off by the death of its process
                continue
        return told


def laid_out(folder: Path) -> Laid | None:
    """Return the phase that is laid out in a folder, None if it was not come to."""
    path = folder / LAID
    return msgspec.json.decode(path.read_bytes(), type=Laid) if path.exists() else None


class Debugging(Probing):
    """The experiment of one probe up to a phase; its folder is the one that the records go to."""

    script = "debug.py"

    @staticmethod
    def order(run: Run, job: Job) -> dict[str, Any]:
        """Return what the script is told of its own: phases are exec'd, in a folder that stays."""
        folder = Path(run.folder)
        return Probing.order(run, job) | {
            "isolation": "exec",
            "until": run.until,
            "folder": str(folder),
            "scratch": str(folder / "scratch"),
        }

    @staticmethod
    def filed(
        run: Run,
        cell: str,
        seen: Observed,
        older: CellRecord | None,  # noqa: ARG004 (the protocol's)
    ) -> CellRecord:
        """Return the cell's record; what its phases did is no observation of the matrix."""
        lines = [line for line in seen.lines if "probe" in line]
        last = lines[-1] if lines else {}
        ended = last.get("signal") or last.get("exception") or ""
        how = f"{last['name']} {last['status']}" + (f" ({ended})" if ended else "") if last else ""
        return CellRecord(
            cell=cell, run=run.id, numba=run.jobs[cell].numba, status=seen.status,
            platform=run.platform, reason=seen.reason, notes=(how,) if how else (),
        )  # fmt: skip
