"""Only what changed runs again, and the dearest cell runs first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.experiments.probe import Probe
from matrix.model.cell import UNANSWERED, Cell, CellStatus
from matrix.model.record import CellRecord, observations
from matrix.plan.plan import (
    Conditions,
    as_last_tried,
    conditions,
    current,
    expected_cost,
    lock_digest,
    plan,
    stale,
)
from matrix.select.releases import lock_path
from tests.unit import records

UNDER = Conditions("runner", "lock", "3.8.18", "a cpu", records.PLATFORM, "exec")
LIMIT_S = 120.0
CELL = Cell("0.48.0", "3.8")
P = Probe("cache/p", "cache", Path("p.py"), "1" * 64)
Q = Probe("cache/q", "cache", Path("q.py"), "2" * 64)


def stored(*probes: Probe, under: Conditions = UNDER, seconds: float = 1.5) -> CellRecord:
    """Return the record of a cell in which each probe took `seconds`."""
    wall = seconds / 3
    kept = []
    for probe in probes:
        hit = records.hit(probe.id, isolation=under.isolation, key=under.key(probe))
        phases = tuple(msgspec.structs.replace(phase, wall_s=wall) for phase in hit.phases)
        kept.append(msgspec.structs.replace(hit, phases=phases))
    return records.cell(CELL.id, *kept)


def test_of_what_could_not_be_installed_the_last_run_saw_nothing() -> None:
    lacking = {P.id: "no", "cache/other": "no"}
    record = msgspec.structs.replace(stored(P, Q), not_installable=lacking)
    both = as_last_tried(record, [P, Q])
    assert ([p.id for p in both.probes], both.status) == ([Q.id], CellStatus.RAN)
    alone = as_last_tried(record, [P])
    assert (alone.status, alone.reason) == (CellStatus.NOT_INSTALLABLE, "no")
    assert as_last_tried(record, [Q]) == record
    unanswered = msgspec.structs.replace(record, not_installable={P.id: f"{UNANSWERED}: no"})
    assert as_last_tried(unanswered, [P]).status is CellStatus.BROKEN


def test_everything_runs_where_nothing_is_stored() -> None:
    assert stale(None, [P, Q], UNDER, LIMIT_S) == (P, Q)


def test_nothing_runs_where_nothing_changed() -> None:
    assert stale(stored(P, Q), [P, Q], UNDER, LIMIT_S) == ()


def test_a_new_probe_runs_alone() -> None:
    assert stale(stored(P), [P, Q], UNDER, LIMIT_S) == (Q,)


def test_a_changed_probe_runs_alone() -> None:
    changed = msgspec.structs.replace(Q, sha256="3" * 64)
    assert stale(stored(P, Q), [P, changed], UNDER, LIMIT_S) == (changed,)


@pytest.mark.parametrize("condition", sorted({*Conditions.__struct_fields__} - {"installed"}))
def test_everything_runs_again_under_any_other_condition(condition: str) -> None:
    other: Any = msgspec.structs.replace(UNDER, **{condition: "another"})
    built = Probe("aot/p", "aot", Path("p.py"), "1" * 64)
    # What is not built does not depend on how.
    due = (built,) if condition == "building" else (P, Q, built)
    assert stale(stored(P, Q, built), [P, Q, built], other, LIMIT_S) == due


@pytest.mark.parametrize("status", [s for s in CellStatus if s is not CellStatus.RAN])
def test_a_cell_that_did_not_run_runs_whole(status: CellStatus) -> None:
    record = msgspec.structs.replace(stored(P, Q), status=status)
    assert stale(record, [P, Q], UNDER, LIMIT_S) == (P, Q)


@pytest.mark.parametrize(("limit_s", "due"), [(1.0, ()), (6.0, ()), (6.1, (P,)), (120.0, (P,))])
def test_what_was_given_less_time_than_it_would_get_now_runs_again(
    limit_s: float, due: tuple[Probe, ...]
) -> None:
    hangs = records.failing("interpreted", "timed_out", wall_s=6.0)
    record = records.cell(CELL.id, records.probe(P.id, hangs, key=UNDER.key(P)))
    assert stale(record, [P], UNDER, limit_s) == due


@pytest.mark.parametrize(
    ("message", "due"),
    [
        ("No module named 'mylib'", (P,)),
        ("No module named 'numba'", (P,)),
        ("cannot import name 'f' from 'mylib' (mylib.py)", (P,)),
        ("No module named 'numba.experimental'", ()),
        ("cannot import name 'literally' from 'numba' (numba/__init__.py)", ()),
    ],
)
def test_what_lacks_a_module_runs_again_unless_the_lock_holds_that(
    message: str, due: tuple[Probe, ...]
) -> None:
    failed = records.failing(
        "interpreted", "raised", exception="ModuleNotFoundError", message=message
    )
    seen = records.probe(P.id, failed, key=UNDER.key(P))
    assert stale(records.cell(CELL.id, seen), [P], UNDER, LIMIT_S) == due


def test_what_was_seen_of_another_probe_runner_or_lock_is_no_observation_of_these(
    tmp_path: Path,
) -> None:
    lock = lock_path(tmp_path, CELL.release)
    lock.write_text("numba==0.48.0\n")
    under = msgspec.structs.replace(UNDER, lock=lock_digest(tmp_path, CELL.release))
    hits = [records.hit(probe.id, source=under.source(probe)) for probe in (P, Q)]
    record = records.cell(CELL.id, *hits)

    def kept(probes: tuple[Probe, ...] = (P, Q), runner: str = "runner") -> list[str]:
        found = current(record, probes, runner=runner, locks=tmp_path)
        assert msgspec.structs.replace(found, probes=record.probes) == record
        return [probe.id for probe in found.probes]

    assert kept() == [P.id, Q.id]
    assert kept((P,)) == [P.id]
    assert kept((msgspec.structs.replace(P, sha256="3" * 64), Q)) == [Q.id]
    assert kept(runner="another") == []
    lock.write_bytes(b"numba==0.48.0\r\n")
    assert kept() == [P.id, Q.id]
    lock.write_text("numba==0.48.1\n")
    assert kept() == []


@pytest.mark.parametrize("condition", ["interpreter", "cpu", "platform", "isolation"])
def test_where_it_was_seen_is_no_part_of_what_was_seen(condition: str) -> None:
    elsewhere: Any = msgspec.structs.replace(UNDER, **{condition: "another"})
    assert elsewhere.source(P) == UNDER.source(P)
    assert elsewhere.key(P) != UNDER.key(P)


def test_no_two_probes_share_a_key() -> None:
    renamed = msgspec.structs.replace(P, id="cache/renamed")
    assert len({UNDER.key(probe) for probe in (P, Q, renamed)}) == 3


def test_a_lock_that_changes_is_another_condition(tmp_path: Path) -> None:
    def under() -> Conditions:
        return conditions(
            CELL, "3.8.18", locks=tmp_path, runner="", cpu="", platform="", isolation="exec"
        )

    missing = under()
    lock_path(tmp_path, "0.48.0").write_text("numba==0.48.0\n")
    first = under()
    lock_path(tmp_path, "0.48.0").write_text("numba==0.48.0 \n")
    assert len({missing, first, under()}) == 3


def test_what_a_probe_cost_last_time_is_what_it_is_expected_to_cost() -> None:
    assert expected_cost([P], stored(P, Q, seconds=6)) == pytest.approx(6)
    assert expected_cost([P], stored(Q)) == expected_cost([P], None) > 0


def test_the_dearest_cell_is_first_and_a_cell_with_nothing_to_do_is_left_out(
    tmp_path: Path,
) -> None:
    store = observations(tmp_path, print)
    cells = [Cell("0.48.0", python) for python in ("3.6", "3.7", "3.8")]
    for cell, cost in zip(cells, (1, 9, 5), strict=True):
        record = stored(P, Q, seconds=cost)
        store.save(msgspec.structs.replace(record, cell=cell.id))
    with_conditions = [(cell, UNDER) for cell in cells]
    assert plan(with_conditions, (P, Q), store, fresh=False, limit_s=LIMIT_S, suites={}) == ()
    tasks = plan(with_conditions, (P, Q), store, fresh=True, limit_s=LIMIT_S, suites={})
    assert [task.cell.python for task in tasks] == ["3.7", "3.8", "3.6"]
    assert tasks[0].probes == (P, Q)
    changed = msgspec.structs.replace(UNDER, cpu="another")
    pairs = [(cells[0], UNDER), (cells[1], changed)]
    tasks = plan(pairs, (P, Q), store, fresh=False, limit_s=LIMIT_S, suites={})
    assert [task.cell.python for task in tasks] == ["3.7"]


def test_cells_of_which_nothing_is_known_run_in_their_own_order(tmp_path: Path) -> None:
    cells = [Cell("0.57.0", "3.11"), Cell("0.48.0", "3.8"), Cell("0.57.0", "3.9")]
    pairs = [(cell, UNDER) for cell in cells]
    tasks = plan(
        pairs, (P,), observations(tmp_path, print), fresh=False, limit_s=LIMIT_S, suites={}
    )
    assert [task.cell.id for task in tasks] == ["0.48.0-cp38", "0.57.0-cp39", "0.57.0-cp311"]
