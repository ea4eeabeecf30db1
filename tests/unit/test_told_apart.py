"""Which of many probes ends the runner, and what the others did without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from matrix.experiments.probe import ended_by
from matrix.model.job import Job, ProbeJob, Run
from matrix.model.record import Phase, ProbeRecord
from matrix.run.cell import told_apart
from matrix.run.processes import SILENT

Lines = list[dict[str, Any]]
RUN = Run("r", "probes", "s", "f", "c", "linux-x86_64", "cpu", "fork", 1.0, {})


def job(number: int, **what: Any) -> Job:
    probes = (ProbeJob(f"cache/p{n}", "cache", "p", "k", "s") for n in range(number))
    return Job("0.57.0", "python", "3.11.7", "lock", tuple(probes), **what)


def line(probe: str, name: str, **what: Any) -> dict[str, Any]:
    return {"probe": probe, "name": name, "status": "answered", "wall_s": 0.5, **what}


def ending(*culprits: str, died: str = "it died") -> Callable[..., tuple[str, Lines]]:
    """Return a runner that is ended by these, each once plain Python has had its turn."""

    def attempt(probes: tuple[ProbeJob, ...]) -> tuple[str, Lines]:
        ends = any(probe.id in culprits for probe in probes)
        names = ("interpreted",) if ends else ("interpreted", "cold")
        return died if ends else "", [line(probe.id, name) for name in names for probe in probes]

    return attempt


def finished(lines: Lines) -> bool:
    phases = tuple(Phase(seen["name"], seen["status"], seen["wall_s"]) for seen in lines)
    return not ProbeRecord(lines[0]["probe"], "cache", "fork", "k", phases, "").unfinished()


@pytest.mark.parametrize("number", [1, 2, 3, 8, 13])
def test_whoever_it_is_ends_where_it_was_and_the_others_are_whole(number: int) -> None:
    part = job(number)
    for culprit in (probe.id for probe in part.probes):
        lines = told_apart(RUN, part, "it died", ending(culprit))
        assert lines is not None
        did = {p.id: [s["name"] for s in lines if s["probe"] == p.id] for p in part.probes}
        assert did == {probe: ["interpreted", "cold"] for probe in did}
        (raised,) = [seen for seen in lines if seen.get("exception")]
        assert (raised["probe"], raised["exception"]) == (culprit, "RunnerEnded")
        assert raised["message"] == "the in-cell runner ends each time: it died"
        mine = [seen for seen in lines if seen["probe"] == culprit]
        assert finished(mine)


def test_where_it_does_not_happen_again_all_of_them_are_whole() -> None:
    lines = told_apart(RUN, job(4), "it died", ending())
    assert lines is not None
    assert len(lines) == 8
    assert not [seen for seen in lines if seen.get("exception")]


def test_what_is_of_no_one_probe_is_blamed_on_none() -> None:
    part = job(4)
    one, *_, other = (probe.id for probe in part.probes)
    assert told_apart(RUN, part, "it died", ending(one, other)) is None
    for number in (1, 4):  # not even with no probe at all
        assert told_apart(RUN, job(number), "it died", lambda _: ("Numba is not there", [])) is None
    for failure in ("OSError: [Errno 28] No space left on device", f"{SILENT} for 390 s"):
        assert told_apart(RUN, part, failure, ending(one)) is None
    assert told_apart(RUN, job(4, upstream_key="u"), "it died", ending(one)) is None


def test_a_patch_that_ends_the_runner_is_no_outcome_of_a_probe() -> None:
    plain = ProbeJob("cache/p", "cache", "p", "k", "s")
    patched = ProbeJob("cache/p@mine", "cache", "p", "k", "s", patch="mine.py")
    part = Job("0.57.0", "python", "3.11.7", "lock", (plain, patched))
    assert told_apart(RUN, part, "it died", ending(patched.id)) is None
    assert told_apart(RUN, part, "it died", ending(plain.id)) is not None


def test_who_ends_it_after_the_last_of_its_phases_did_so_in_that_one() -> None:
    probe = job(1).probes[0]
    for last in ("warm", "again"):
        names = ("interpreted", "cold", "warm", "again")[: 4 if last == "again" else 3]
        hit = {"hits": 1} if last == "warm" else {}
        seen = [line(probe.id, name, **(hit if name == "warm" else {})) for name in names]
        told = ended_by(probe, "it died", [*seen, {"note": "n"}])
        assert [one["name"] for one in told] == list(names)
        assert told[-1]["exception"] == "RunnerEnded"
        assert finished(told)
