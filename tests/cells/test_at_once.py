"""Two runs at once: the second says so and waits, and nothing of either is mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cells.conftest import new_driver
from tests.cells.driving import Driver, flag, pids_of_the_waiting, posix_only

pytestmark = posix_only


def test_a_second_run_waits_for_the_first_and_does_what_is_left(
    waiting: Driver, tmp_path: Path, memo: Path, oldest: str, newest: str
) -> None:
    if oldest == newest:
        pytest.skip("one release only has an interpreter here")
    environments = ("--envdir", str(waiting.envdir))
    elsewhere = Driver(new_driver(tmp_path / "elsewhere", memo).state, project=waiting.project)

    first = waiting.start("run", newest, *environments)
    pids_of_the_waiting(tmp_path)
    second = waiting.start("run", newest, oldest, *environments)
    said_second = second.read_until("another run is using")
    # Another state folder, but the same environments.
    third = elsewhere.start("run", newest, *environments)
    said_third = third.read_until("another run is using")
    assert str(waiting.state) in said_second
    assert str(waiting.envdir) in said_third
    flag(tmp_path, newest).unlink()

    ended = [running.end() for running in (first, second, third)]
    assert [one.status for one in ended] == [0, 0, 0], ended
    assert [one.due() for one in (ended[0], ended[1])] == [(2, 1), (2, 1)]
    by_the_first, by_the_second = waiting.record(newest), waiting.record(oldest)
    assert by_the_first.run != by_the_second.run
    for record in (by_the_first, by_the_second, elsewhere.record(newest)):
        assert record.status == "ran"
        assert [probe.id for probe in record.probes] == ["cache/plain_lazy", "cache/waits"]
    assert set(waiting.outcomes(newest, "fork").values()) == {"hit"}
