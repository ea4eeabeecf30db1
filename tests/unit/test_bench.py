"""What the bench makes of its figures, and of a contender that fails."""

from __future__ import annotations

import sys

import pytest

from matrix.errors import Unreachable
from tests import bench
from tests.bench import Figures

QUIET = {
    "naive": Figures(60.0, 60.0),
    "tox": Figures(30.0, 55.0),
    "suite": Figures(10.0, 19.0, 15.0),
    "again": Figures(8.0, 15.0, 12.0),
    "limit": Figures(4.0, 10.0, 10.0),
}
BUSY = QUIET | {"suite": Figures(12.0, 19.0, 15.0), "again": Figures(12.0, 15.0, 14.0)}


def test_ratios_are_of_one_round_and_have_a_spread() -> None:
    assert list(bench.story([QUIET, BUSY])) == [
        "naive / suite, wall: 5.50 (5.00 to 6.00, 2 rounds)",
        "tox / suite, wall: 2.75 (2.50 to 3.00, 2 rounds)",
        "again / limit, wall: 2.50 (2.00 to 3.00, 2 rounds)",
        "again / limit, CPU in cells: 1.30 (1.20 to 1.40, 2 rounds)",
    ]


def test_measuring_counts_the_cpu_of_processes_that_ended() -> None:
    busy = "sum(i * i for i in range(10**6))"
    with bench.measured() as figures:
        bench.call([sys.executable, "-c", busy])
    assert figures().cpu_s > 0


def test_a_contender_that_fails_has_no_time() -> None:
    with pytest.raises(Unreachable, match="no such cell"):
        bench.call([sys.executable, "-c", "raise SystemExit('no such cell')"])
