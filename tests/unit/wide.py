"""All cells of Linux x86-64 with every probe, as claimed: for what must be fast or small.

Nothing here was observed. What a failing process wrote is as long as it really is, and no two
releases, Pythons and probes write the same: line numbers and names differ as they do in Numba.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec

from matrix.experiments.probe import Probe, discover
from matrix.judge import claims as claims_module
from matrix.judge.claims import Claim, Expectation
from matrix.judge.judge import judge
from matrix.model.cell import Cell, parse_cell
from matrix.model.outcome import Outcome
from matrix.model.record import (
    PHASES,
    CellRecord,
    DataFile,
    Dispatcher,
    Phase,
    ProbeRecord,
    Specialisation,
)
from matrix.report import findings as report
from matrix.report.findings import Findings
from matrix.select import releases
from matrix.select.releases import Platform
from matrix.select.selection import Catalogue, select
from tests.unit import records

ROOT = Path(__file__).parents[2]
PROBES = discover(ROOT / "probes")
PYTHONS = frozenset(f"3.{minor}" for minor in range(6, 14))
MODULES = ("compiler", "compiler_lock", "compiler_machinery", "codegen", "typed_passes", "cpu",
           "dispatcher", "caching", "typeinfer", "lowering", "pycc/cc")  # fmt: skip


def catalogue(pythons: frozenset[str] | None = None) -> Catalogue:
    """Return every release for Linux x86-64, on these CPythons or on all there are."""
    known = releases.load(ROOT / "matrix" / "data" / "releases.toml")
    every = frozenset(python for release in known for python in release.all_pythons)
    return Catalogue(known, Platform.LINUX_X86_64, every if pythons is None else pythons)


def all_cells() -> list[Cell]:
    """Return the cells of all stable releases where CPython 3.6 to 3.13 are at hand."""
    return list(select(["all"], catalogue(PYTHONS)).runnable)


def default_cells() -> list[Cell]:
    """Return the cells of the default selection on the same machine."""
    return list(select([], catalogue(PYTHONS)).runnable)


def claimed() -> dict[str, Claim]:
    """Return the suite's own claims."""
    pairs = {
        cell for p in Platform for cell in Catalogue(catalogue().releases, p, frozenset()).pairs()
    }
    ids = [probe.id for probe in PROBES]
    return claims_module.load(ROOT / "matrix" / "data" / "claims.toml", ids, pairs)


def findings(cells: list[Cell], *changed: CellRecord) -> Findings:
    """Return what a report of these cells is made of; `changed` records replace theirs."""
    claims, ids = claimed(), tuple(probe.id for probe in PROBES)
    by_cell = {cell.id: cell_record(cell, claims) for cell in cells}
    by_cell |= {record.cell: record for record in changed}
    every = list(by_cell.values())
    found = report.findings(every, ids, judge(every, ids, claims, "exec"), "exec", ())
    return report.with_claims(found, claims, PROBES)


def cell_record(cell: Cell, claims: dict[str, Claim]) -> CellRecord:
    """Return a cell in which every claim holds."""
    return records.cell(cell.id, *(probe_record(probe, cell, claims) for probe in PROBES))


def probe_record(probe: Probe, cell: Cell, claims: dict[str, Claim]) -> ProbeRecord:
    """Return a probe that does what is claimed of it in this cell."""
    expected = claims[probe.id].expectation(cell)
    own = random.Random(f"{probe.id} {cell.id}")  # noqa: S311 (no secret)
    raced = _raced(probe, expected) if probe.carrier == "race" else None
    made = raced or _well(probe, expected.outcome) or _failing(probe, expected, own)
    phases = tuple(_dressed(phase, own, probe) for phase in made.phases)
    return msgspec.structs.replace(made, phases=phases)


CHANGES: dict[Outcome, dict[str, Any]] = {
    Outcome.KEPT: {},
    Outcome.NOTICED: records.MISSED,
    Outcome.STALE: {"value": records.BEFORE},
    Outcome.WRONG: {"value": 57},
    Outcome.RECOMPILED: records.MISSED | {"again": records.MISSED},
}


def _raced(probe: Probe, expected: Expectation) -> ProbeRecord:
    word, detail = expected.outcome, expected.detail or ""
    told = {"order" if word is Outcome.POISONED else "detail": detail, "when": "later"}
    value = {"word": word, "orders": {Outcome.SOUND: 7, word: 1}} | told
    return records.probe(probe.id, records.phase("interpreted"), records.phase("race", value=value))


def _well(probe: Probe, outcome: Outcome) -> ProbeRecord | None:
    if probe.carrier == "change" and outcome in CHANGES:
        return records.change(id_=probe.id, **CHANGES[outcome])
    if outcome is Outcome.HIT:
        return records.hit(probe.id)
    if outcome is Outcome.WORKS:
        return records.works(probe.id)
    return records.recompiled(probe.id) if outcome is Outcome.RECOMPILED else None


def _failing(probe: Probe, expected: Expectation, own: random.Random) -> ProbeRecord:
    if expected.outcome is Outcome.WRONG:
        left = records.OPEN if expected.against_rule else ()
        wrong = msgspec.structs.replace(records.wrong(56), id=probe.id, carrier=probe.carrier)
        phases = [
            msgspec.structs.replace(p, unresolved=left) if p.name == "cold" else p
            for p in wrong.phases
        ]
        return msgspec.structs.replace(wrong, phases=tuple(phases))
    names = PHASES[probe.carrier]
    never = expected.outcome is Outcome.UNCACHEABLE
    last = names[-1] if never else expected.phase or names[-1]
    # The rule: a symbol is left open where the next process fails, unless it is said otherwise.
    open_there = bool(expected.against_rule) if never else last in ("warm", "build", "load")
    left = records.OPEN if open_there and (never or not expected.against_rule) else ()
    phases = [
        records.phase(
            name,
            compiled=int(name != "change"),
            unresolved=left if name in ("cold", "build") else (),
            value={} if name == "change" else records.BEFORE,
        )
        for name in names[: names.index(last) + never]
    ]
    if not never:
        failed = _failure(last, expected.outcome, expected.detail or "", own, probe)
        phases.append(msgspec.structs.replace(failed, unresolved=left if last == "build" else ()))
    return records.probe(probe.id, *phases)


def _failure(name: str, outcome: Outcome, detail: str, own: random.Random, probe: Probe) -> Phase:
    trace = _traceback(own, probe, 60 if outcome is Outcome.RAISED else 25)
    if outcome is Outcome.RAISED:
        says = f"{detail} of {probe.id} at line {own.randrange(2000)}"
        return records.failing(name, "raised", exception=detail, message=says, stderr=trace)
    exit_ = int(detail.partition(" ")[2]) if detail.startswith("exit ") else -11
    signal = None if detail.startswith("exit ") else detail
    return records.failing(name, "crashed", exit=exit_, signal=signal, stderr=trace)


def _traceback(own: random.Random, probe: Probe, depth: int) -> str:
    lines = [f'  File "<scratch>/{probe.id}.py", line 20 in run']
    for _ in range(depth):
        module = own.choice(MODULES)
        lines.append(
            f'  File "<site-packages>/numba/core/{module}.py", line {own.randrange(2000)} in pass'
        )
    return "Fatal Python error: Segmentation fault\n\n" + "\n".join(lines) + "\n"


def _dressed(phase: Phase, own: random.Random, probe: Probe) -> Phase:
    """Return a phase with files, times and specialisations of its own."""
    stem = probe.id.partition("/")[2]
    files = tuple(
        DataFile(f"{stem}.f-{n}.nbc", own.randrange(20000), f"{own.getrandbits(64):016x}")
        for n in range(len(phase.files_after))
    )
    compiled = Specialisation("int64, int64", unresolved=bool(phase.unresolved))
    dispatchers = (Dispatcher("fact", (compiled,)),) if phase.compiled or phase.unresolved else ()
    before = files if phase.files_before else ()
    return msgspec.structs.replace(
        phase, wall_s=own.random(), dispatchers=dispatchers, files_before=before, files_after=files
    )


def seed_cell() -> Cell:
    """Return one cell, for what needs no more."""
    return parse_cell("0.61.2-cp313")
