"""Cells dealt to machines: all of them, each once, evenly, and the same way every time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import BadInput
from matrix.experiments.probe import discover
from matrix.model.cell import Cell
from matrix.plan import shards
from matrix.plan.plan import DEFAULT_PROBE_S
from matrix.plan.shards import Part, as_github, as_json, cost, deal, parse_part, part_of
from matrix.project import PROBES
from matrix.select.releases import Platform
from tests.unit.records import cell, hit

some_cells = st.builds(
    Cell,
    st.integers(48, 70).map(lambda minor: f"0.{minor}.0"),
    st.integers(6, 15).map(lambda minor: f"3.{minor}"),
)
some_costs = st.dictionaries(some_cells, st.floats(0, 100), max_size=30)
A, B, C, D = (Cell(release, "3.8") for release in ("0.48.0", "0.49.0", "0.50.0", "0.51.0"))


@given(some_costs, st.integers(1, 12))
def test_every_cell_is_in_exactly_one_part(costs: dict[Cell, float], count: int) -> None:
    parts = deal(costs, count)
    assert len(parts) == count
    assert sorted(c.key for part in parts for c in part) == sorted(c.key for c in costs)


@given(some_costs, st.integers(1, 12), st.randoms())
def test_the_order_of_the_cells_changes_nothing(
    costs: dict[Cell, float], count: int, random: object
) -> None:
    items = list(costs.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert deal(dict(items), count) == deal(costs, count)


@given(some_costs, st.integers(1, 12))
def test_no_part_has_more_to_do_than_its_share_and_one_cell(
    costs: dict[Cell, float], count: int
) -> None:
    longest = max(sum(costs[c] for c in part) for part in deal(costs, count))
    assert longest <= sum(costs.values()) / count + max(costs.values(), default=0) + 1e-6


def test_the_dearest_cell_has_a_machine_of_its_own() -> None:
    assert deal({A: 10.0, B: 1.0, C: 2.0, D: 3.0}, 2) == ((A,), (B, C, D))


def test_parts_without_a_recorded_cost_are_equally_long() -> None:
    parts = [part_of([A, B, C, D], Part(number, 2)) for number in (1, 2)]
    assert parts == [(A, C), (B, D)]


@given(st.sets(some_cells, max_size=30), st.integers(1, 12))
def test_the_parts_of_a_selection_are_the_selection(cells: set[Cell], count: int) -> None:
    found = [c for number in range(1, count + 1) for c in part_of(cells, Part(number, count))]
    assert sorted(c.key for c in found) == sorted(c.key for c in cells)


def test_what_a_cell_cost_last_time_counts_and_a_guess_does_otherwise() -> None:
    probes = discover(PROBES)[:2]
    seen = cell("0.48.0-cp38", hit(probes[0].id), install_s=2.0)
    took = sum(phase.wall_s for phase in seen.probes[0].phases)
    assert cost(probes, None) == shards.DEFAULT_CELL_S + 2 * DEFAULT_PROBE_S
    assert cost(probes, seen) == shards.DEFAULT_CELL_S + 2.0 + took + DEFAULT_PROBE_S


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/3/5", "-1/3", "1/99999"])
def test_a_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="as in 2/8"):
        parse_part(text)


def test_a_part_reads_as_it_is_written() -> None:
    assert str(parse_part("2/8")) == "2/8"


def test_github_takes_one_line_with_an_entry_per_machine() -> None:
    found = shards.shards("linux-aarch64", {A: 1.0, B: 1.0, C: 1.0}, 2)
    name, _, value = as_github(found).partition("=")
    assert name == "matrix"
    assert "\n" not in value
    assert json.loads(value)["include"] == [
        {
            "platform": "linux-aarch64",
            "runner": "ubuntu-24.04-arm",
            "shard": f"{number}/2",
            "part": f"{number}-of-2",
            "cells": cells,
        }
        for number, cells in ((1, "0.48.0-cp38 0.50.0-cp38"), (2, "0.49.0-cp38"))
    ]
    assert [shard["cost_s"] for shard in json.loads(as_json(found))["shards"]] == [2.0, 1.0]


def test_a_machine_with_nothing_to_do_is_not_started() -> None:
    assert [s.shard for s in shards.shards("macos-arm64", {A: 1.0}, 3)] == ["1/3"]


def test_there_is_a_machine_for_every_platform() -> None:
    assert set(shards.RUNNERS) == set(Platform)
