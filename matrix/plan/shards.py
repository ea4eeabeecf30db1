"""A selection dealt out to several machines, so that each has about as much to do. Pure.

In: what each cell is expected to cost, and how many parts there are. Out: the `Shard`s, dearest
cells dealt first, each to the part with the least to do: the same for the same input, always.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterable, Mapping

import msgspec

from ..errors import BadInput
from ..experiments.probe import Probe
from ..model.cell import Cell
from ..model.files import Say
from ..model.record import CellRecord
from ..select.selection import Selection
from .plan import expected_cost

# What a cell costs beside its probes where nothing is known of it: the environment, the first
# import, nox itself. Seconds of an ordinary two-core machine.
DEFAULT_CELL_S = 5.0

# GitHub's names for a machine of each platform Numba has wheels for.
RUNNERS = {
    "linux-x86_64": "ubuntu-latest",
    "linux-aarch64": "ubuntu-24.04-arm",
    "macos-x86_64": "macos-15-intel",
    "macos-arm64": "macos-15",
    "windows-x86_64": "windows-latest",
}


class Part(msgspec.Struct, frozen=True):
    """Which shard of how many: 2/8."""

    number: int
    of: int

    def __str__(self) -> str:
        """Read as the option takes it."""
        return f"{self.number}/{self.of}"


class Shard(msgspec.Struct, frozen=True):
    """What one machine of a `platform` has to do: its cells, and their expected cost in seconds."""

    platform: str
    shard: str
    runner: str
    cost_s: float
    cells: tuple[str, ...]


def parse_part(text: str) -> Part:
    """Return the part that `text` names, as in "2/8"; raises BadInput."""
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if not found or int(found[1]) > int(found[2]):
        raise BadInput(f"--shard {text}: a shard is a number and how many there are, as in 2/8")
    return Part(int(found[1]), int(found[2]))


def cost(probes: Iterable[Probe], record: CellRecord | None) -> float:
    """Return the seconds a cell is expected to take: what it took last time, or a guess."""
    return DEFAULT_CELL_S + (record.install_s if record else 0.0) + expected_cost(probes, record)


def deal(costs: Mapping[Cell, float], count: int) -> tuple[tuple[Cell, ...], ...]:
    """Return the cells of each of `count` parts, some empty where there are fewer cells.

    The longest processing time goes first, which ends at most a third later than the best possible.
    """
    dearest_first = sorted(costs, key=lambda cell: (-costs[cell], cell.key))
    loads = [(0.0, number) for number in range(count)]
    parts: list[list[Cell]] = [[] for _ in range(count)]
    for cell in dearest_first:
        load, number = heapq.heappop(loads)
        parts[number].append(cell)
        heapq.heappush(loads, (load + costs[cell], number))
    return tuple(tuple(sorted(part, key=lambda cell: cell.key)) for part in parts)


def shards(platform: str, costs: Mapping[Cell, float], count: int) -> tuple[Shard, ...]:
    """Return the shards of a platform that have something to do."""
    return tuple(
        Shard(
            platform,
            str(Part(number, count)),
            RUNNERS[platform],
            round(sum(costs[cell] for cell in cells), 1),
            tuple(cell.id for cell in cells),
        )
        for number, cells in enumerate(deal(costs, count), 1)
        if cells
    )


def part_of(cells: Iterable[Cell], part: Part) -> tuple[Cell, ...]:
    """Return the cells of one part, worked out from the cells alone.

    What they cost last time has no say: each machine remembers something else, and a cell would
    fall between two parts that were dealt differently.
    """
    return deal(dict.fromkeys(cells, 1.0), part.of)[part.number - 1]


def one_part(selection: Selection, text: str, say: Say) -> Selection:
    """Return one part of a selection. Cells that cannot run here belong to the first of them."""
    part = parse_part(text)
    mine = set(part_of(selection.runnable, part))
    say(f"shard {part}: {len(mine)} of {len(selection.runnable)} cells")
    return Selection(
        tuple(
            selected
            for selected in selection.cells
            if selected.cell in mine or (selected.status is not None and part.number == 1)
        ),
        selection.beyond if part.number == 1 else (),
    )


def as_json(found: Iterable[Shard]) -> str:
    """Return the shards as JSON for a program or a person to read."""
    return msgspec.json.format(msgspec.json.encode({"shards": tuple(found)}), indent=1).decode()


def as_github(found: Iterable[Shard]) -> str:
    """Return the shards as an output of a GitHub step: one line, `matrix={"include": [...]}`.

    The cells of a shard are one string, as a step's environment takes it.
    """
    include = [
        {
            "platform": shard.platform,
            "runner": shard.runner,
            "shard": shard.shard,
            "part": shard.shard.replace("/", "-of-"),
            "cells": " ".join(shard.cells),
        }
        for shard in found
    ]
    return "matrix=" + json.dumps({"include": include}, separators=(",", ":"))
