"""Measurements as stored: read back as written, and never believed when they are not whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from matrix.experiments.overhead.samples import Measurement, joined, measurements
from matrix.model.files import Store
from tests.unit.overhead_records import measurement

CELL = "0.57.0-cp311"


def nothing_to_say(text: str) -> None:
    raise AssertionError(text)


def store(folder: Path) -> Store[Measurement]:
    return measurements(folder, nothing_to_say)


def test_what_is_stored_is_read_back_with_every_sample(tmp_path: Path) -> None:
    store(tmp_path).save(measurement())
    assert store(tmp_path).load(CELL) == measurement()
    assert len(measurement().samples) == 4 * 2 * 5


def test_a_new_measurement_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    store(tmp_path).save(measurement(run="first"))
    store(tmp_path).save(measurement(run="second", repeat=2))
    assert [path.name for path in tmp_path.iterdir()] == [f"{CELL}.json"]
    assert store(tmp_path).load(CELL) == measurement(run="second", repeat=2)


def test_repetitions_taken_one_by_one_are_one_measurement() -> None:
    whole = measurement(repeat=3)
    per_repetition = len(whole.samples) // 3
    found = None
    for first in range(0, len(whole.samples), per_repetition):
        samples = whole.samples[first : first + per_repetition]
        one = msgspec.structs.replace(whole, repeat=1, samples=samples)
        found = joined(found, one)
    assert found == whole
    assert found.flaw() == ""


def test_cells_are_in_order_of_release_not_of_spelling(tmp_path: Path) -> None:
    for cell in ("0.100.0-cp313", "0.57.0-cp311", "0.57.0-cp39", "0.48.0-cp38"):
        store(tmp_path).save(measurement(cell))
    found = [m.cell for m in store(tmp_path).load_all()]
    assert found == ["0.48.0-cp38", "0.57.0-cp39", "0.57.0-cp311", "0.100.0-cp313"]


def test_a_file_of_another_name_is_nobodys_measurement(tmp_path: Path) -> None:
    store(tmp_path).save(measurement())
    (tmp_path / "notes.json").write_text("mine")
    assert [m.cell for m in store(tmp_path).load_all()] == [CELL]


def test_nothing_measured_is_nothing(tmp_path: Path) -> None:
    assert store(tmp_path).load(CELL) is None
    assert store(tmp_path / "absent").load_all() == ()


def without_a_sample(m: Measurement) -> Measurement:
    return msgspec.structs.replace(m, samples=m.samples[:-1])


def without_a_step(m: Measurement) -> Measurement:
    first, *others = m.samples
    steps = {step: taken for step, taken in first.steps.items() if step != "import numba"}
    return msgspec.structs.replace(
        m, samples=(msgspec.structs.replace(first, steps=steps), *others)
    )


def of_another_cell(m: Measurement) -> Measurement:
    return msgspec.structs.replace(m, cell="0.48.0-cp38")


def of_another_schema(m: Measurement) -> Measurement:
    return msgspec.structs.replace(m, schema=2)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (without_a_sample, "eager_recursive warm: 4 samples of 5"),
        (without_a_step, "lazy_plain cold: its steps are not"),
        (of_another_cell, "it holds the cell 0.48.0-cp38"),
        (of_another_schema, "its schema is 2"),
    ],
)
def test_what_is_not_a_whole_measurement_is_set_aside_and_said(
    spoil: object, why: str, tmp_path: Path
) -> None:
    assert callable(spoil)
    path = tmp_path / f"{CELL}.json"
    path.write_bytes(msgspec.json.encode(spoil(measurement())))
    said: list[str] = []
    assert measurements(tmp_path, said.append).load(CELL) is None
    assert len(said) == 1
    assert why in said[0]
    assert [p.name for p in tmp_path.iterdir()] == [f"{CELL}.json.set-aside"]


def test_a_truncated_file_is_set_aside(tmp_path: Path) -> None:
    store(tmp_path).save(measurement())
    path = tmp_path / f"{CELL}.json"
    path.write_bytes(path.read_bytes()[:-100])
    said: list[str] = []
    assert measurements(tmp_path, said.append).load_all() == ()
    assert "not usable" in said[0]


def test_the_loads_around_its_processes_are_known_where_the_system_keeps_them() -> None:
    made = measurement(repeat=1)
    assert set(made.loads) == {0.2, 1.0}
    unknown = [msgspec.structs.replace(s, load_before=None, load_after=None) for s in made.samples]
    assert msgspec.structs.replace(made, samples=tuple(unknown)).loads == ()
