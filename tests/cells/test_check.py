"""`numba-matrix check` against the map: what it says of each probe is what each probe does.

In the cells of the seed selection; `CHECK_CELLS=minors` (or any selectors) has it asked in others.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from matrix.experiments.probe import discover
from matrix.judge import claims as claims_file
from matrix.judge.claims import Claim, Kind
from matrix.model.cell import Cell, parse_cell
from matrix.model.outcome import Outcome
from matrix.project import DATA, PROBES
from matrix.run.environment import environment, python_of
from matrix.select.selection import Catalogue, select
from tests.cells.conftest import new_driver
from tests.cells.driving import ROOT

COMMAND = ROOT / "matrix" / "user"
# What differs between the two specialisations of each hazard of this cause.
DIFFERENCE = {
    "ackermann": "literal",
    "cycle_of_three": "functions",
    "default_omitted": "default",
    "even_odd": "functions",
    "growing_tuple": "length",
    "hofstadter": "functions",
    "layout": "layout",
    "literal_bool": "literal",
    "literal_seed": "literal",
    "narrow_unsigned": "width",
    "prange_index": "width",
    "promoted": "promoted",
    "return_cast": "return functions",
    "shrinking_tuple": "length",
}


def python_in(cell: str, state: Path, memo: Path) -> str:
    """Return the Python of a cell's environment, which is made if it is not there."""
    driver = new_driver(state, memo)
    ended = driver.run(cell, "--probe", "cache/plain_lazy")
    assert ended.status == 0, ended.said
    return str(python_of(environment(driver.envdir, cell)))


def asked(python: str, *words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in an environment as its users do."""
    command = [python, str(COMMAND), "check", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, encoding="utf-8", **settings
    )


def checked(python: str, probes: Sequence[str], folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the command says of each probe as JSON."""
    said = folder / "said.json"
    paths = [str(PROBES / f"{probe}.py") for probe in probes]
    command = [python, str(ROOT / "tests" / "cells" / "forked_checks.py"), str(COMMAND), str(said)]
    ended = subprocess.run([*command, *paths], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    facts: list[dict[str, Any]] = json.loads(said.read_text(encoding="utf-8"))
    return dict(zip(probes, facts, strict=True))


def of_this_cause(claim: Claim, cell: Cell) -> bool:
    """Whether what is claimed of a probe comes from a call left open, or of another type."""
    expected = claim.expectation(cell)
    symptom = {
        (Outcome.CRASHED, "warm"), (Outcome.RAISED, "build"), (Outcome.RAISED, "load"),
        (Outcome.WRONG, "cold"),
    }  # fmt: skip
    return (expected.outcome, expected.phase) in symptom and not expected.against_rule


def disagreements(
    claims: Mapping[str, Claim], cell: Cell, found: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield where the command says other than what is claimed, and so observed, in a cell."""
    for probe, facts in found.items():
        claim, expected = claims[probe], claims[probe].expectation(cell)
        kinds = {cause["kind"] for cause in facts["causes"]}
        wanted: set[str] = set()
        if of_this_cause(claim, cell):
            name = probe.partition("/")[2]
            wanted = {
                k
                for stem, kind in DIFFERENCE.items()
                if name.startswith(stem)
                for k in kind.split()
            }
            verdicts = {"unsafe"}
        elif claim.kind is Kind.HAZARD and probe.startswith("aot/"):
            verdicts = {"unsafe"}
        elif probe.startswith("aot/"):
            verdicts = {"safe"}  # a module built by 0.51 that imports Numba is another matter
        elif expected.outcome in (Outcome.RAISED, Outcome.CRASHED):
            verdicts, wanted = {"unsafe", "not known"}, kinds
        else:
            verdicts = {"safe"}
        if facts["verdict"] not in verdicts or kinds != wanted:
            yield f"{probe}: {facts['verdict']} {sorted(kinds)}, not {verdicts} {sorted(wanted)}"


@pytest.fixture(scope="session")
def claims(catalogue: Catalogue) -> dict[str, Claim]:
    """Return what is claimed of the suite's own probes."""
    ids = [probe.id for probe in discover(PROBES)]
    return claims_file.load(DATA / "claims.toml", ids, catalogue.pairs())


def asked_cells(seed: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
    words = os.environ.get("CHECK_CELLS", "").split()
    return tuple(c.cell.id for c in select(words, catalogue).cells) if words else seed


def test_it_says_of_every_probe_what_the_probe_does(
    seed: tuple[str, ...],
    catalogue: Catalogue,
    claims: dict[str, Claim],
    memo: Path,
    tmp_path: Path,
) -> None:
    probes = [name for name in claims if "@" not in name and name.startswith(("cache/", "aot/"))]
    wrong = []
    for cell in asked_cells(seed, catalogue):
        python = python_in(cell, tmp_path / cell, memo)
        found = checked(python, probes, tmp_path / cell)
        wrong += [f"{cell}: {line}" for line in disagreements(claims, parse_cell(cell), found)]
    assert not wrong, "\n".join(wrong)
