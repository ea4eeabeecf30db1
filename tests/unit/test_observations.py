"""What is stored is read back as it was, or set aside and said, and never deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model.cell import CellStatus
from matrix.model.files import Store
from matrix.model.record import CellRecord, UpstreamResult, observations
from tests.unit import records

CELL = "0.57.0-cp311"
RECORD = records.cell(CELL, records.hit(), records.unbuildable("aot/q"), records.crashed("cache/r"))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store[CellRecord]:
    return observations(tmp_path / "observations", said.append)


def test_a_record_is_read_back_as_it_was_written(store: Store[CellRecord], said: list[str]) -> None:
    store.save(RECORD)
    assert store.load(CELL) == RECORD
    assert not said


def test_a_cell_that_was_never_stored_is_nothing(store: Store[CellRecord], said: list[str]) -> None:
    assert store.load(CELL) is None
    assert not said


def truncated(text: str) -> str:
    return text[: len(text) // 2]


def emptied(_: str) -> str:
    return ""


def foreign(_: str) -> str:
    return '{"name": "somebody else\'s file"}\n'


def another_schema(text: str) -> str:
    return text.replace('"schema": 1', '"schema": 2')


def another_cell(text: str) -> str:
    return text.replace('"cell": "0.57.0-cp311"', '"cell": "0.57.0-cp310"')


def unknown_field(text: str) -> str:
    return json.dumps(json.loads(text) | {"colour": "blue"})


def unknown_status(text: str) -> str:
    return text.replace('"status": "ran"', '"status": "run"')


def binary(_: str) -> str:
    return "\0\udcff"


def not_utf8(text: str) -> str:
    return text.replace("TypingError", "\udce9")


def without_phases(text: str) -> str:
    return json.dumps(changed(json.loads(text), phases=lambda _: []))


def with_a_first_phase_only(text: str) -> str:
    return json.dumps(changed(json.loads(text), phases=lambda phases: phases[:1]))


def of_no_isolation(text: str) -> str:
    return json.dumps(changed(json.loads(text), isolation=lambda _: "none"))


def too_deep(text: str) -> str:
    return text.replace('"value": 55', '"value": ' + "[" * 300 + "]" * 300)


def changed(record: dict[str, Any], **how: Callable[[Any], Any]) -> dict[str, Any]:
    for probe in record["probes"]:
        probe |= {name: change(probe[name]) for name, change in how.items()}
    return record


SPOILT = (
    without_phases,
    with_a_first_phase_only,
    of_no_isolation,
    too_deep,
    not_utf8,
    truncated,
    emptied,
    foreign,
    another_schema,
    another_cell,
    unknown_field,
    unknown_status,
    binary,
)


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_file_that_is_no_record_of_the_cell_is_set_aside_and_said(
    store: Store[CellRecord], said: list[str], spoil: type[str]
) -> None:
    store.save(RECORD)
    path = store.path(CELL)
    bad = spoil(path.read_text()).encode(errors="surrogateescape")
    path.write_bytes(bad)
    assert store.load(CELL) is None
    (told,) = said
    assert told.startswith("0.57.0-cp311.json: not usable (")
    assert "kept as 0.57.0-cp311.json.set-aside, its cell runs again" in told
    assert not path.exists()
    assert (path.parent / "0.57.0-cp311.json.set-aside").read_bytes() == bad
    store.save(RECORD)
    assert store.load(CELL) == RECORD


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_set_aside_beside_what_was_before(
    store: Store[CellRecord], said: list[str], make: Callable[[Path], None]
) -> None:
    store.folder.mkdir(parents=True)
    path = store.path(CELL)
    path.write_text("first")
    store.load(CELL)
    make(path)
    assert store.load(CELL) is None
    assert "not usable (" in said[1]
    assert sorted(one.name for one in store.folder.iterdir()) == [
        f"{CELL}.json.2.set-aside",
        f"{CELL}.json.set-aside",
    ]
    assert (store.folder / f"{CELL}.json.set-aside").read_text() == "first"
    store.save(RECORD)
    assert store.load(CELL) == RECORD


def test_probes_that_did_not_run_again_are_kept() -> None:
    older = records.cell(CELL, records.hit("cache/a", 1), records.hit("cache/b", 1), run="older")
    newer = records.cell(CELL, records.hit("cache/b", 2), records.hit("cache/c", 2), run="newer")
    merged = newer.merged(older, ["cache/a", "cache/b", "cache/c"])
    assert merged.run == "newer"
    assert [(p.id, p.phases[0].value) for p in merged.probes] == [
        ("cache/a", 1),
        ("cache/b", 2),
        ("cache/c", 2),
    ]


@pytest.mark.parametrize(("numpy", "kept"), [("1.2.3", 1), ("1.2.4", 0)])
def test_numbas_own_tests_are_kept_where_the_environment_holds_the_same(
    numpy: str, kept: int
) -> None:
    result = UpstreamResult(
        "recursion", "k", 15, 0, 0, absent=False, ended="", failures=(), wall_s=1
    )
    older = records.cell(CELL, upstream=(result,))
    merged = records.cell(CELL, numpy=numpy).merged(older, [])
    assert len(merged.upstream) == kept


def test_what_cannot_be_installed_any_more_takes_nothing_from_what_was_seen() -> None:
    known = ["cache/a", "cache/b"]
    older = records.cell(CELL, *map(records.hit, known), run="older")
    one = records.cell(CELL, records.hit("cache/b", 2), run="newer")
    one = msgspec.structs.replace(one, not_installable={"cache/a": "no"}).merged(older, known)
    assert [(p.id, p.phases[0].value) for p in one.probes] == [("cache/a", 55), ("cache/b", 2)]
    assert one.not_installable == {"cache/a": "no"}

    none = records.not_run(CELL, CellStatus.NOT_INSTALLABLE, "uv says:\nno")
    none = msgspec.structs.replace(none, run="newer", not_installable=dict.fromkeys(known, "no"))
    kept = none.merged(older, known)
    assert kept == msgspec.structs.replace(
        older, run="newer", not_installable=dict.fromkeys(known, "no")
    )
    again = records.cell(CELL, records.hit("cache/a")).merged(kept, known)
    assert again.not_installable == {"cache/b": "no"}


def test_a_cell_that_did_not_run_keeps_all_that_is_known_of_it() -> None:
    result = UpstreamResult(
        "recursion", "k", 15, 0, 0, absent=False, ended="", failures=(), wall_s=1
    )
    older = records.cell(CELL, records.hit(), upstream=(result,))
    broken = records.not_run(CELL, CellStatus.BROKEN, "no network").merged(older, ["cache/p"])
    assert broken.status is CellStatus.BROKEN
    assert (broken.probes, broken.upstream) == (older.probes, older.upstream)
    again = records.cell(CELL).merged(broken, ["cache/p"])
    assert (again.probes, again.upstream) == (older.probes, older.upstream)


def test_what_was_seen_on_another_patch_of_python_is_let_go() -> None:
    older = records.cell(CELL, records.hit("cache/a"), python="3.11.7")
    newer = records.cell(CELL, records.hit("cache/b"), python="3.11.9")
    assert [p.id for p in newer.merged(older, ["cache/a", "cache/b"]).probes] == ["cache/b"]


def test_probes_that_are_gone_are_let_go() -> None:
    older = records.cell(CELL, records.hit("cache/a"), records.hit("cache/b"))
    assert [p.id for p in records.cell(CELL).merged(older, ["cache/b"]).probes] == ["cache/b"]


def test_the_two_isolations_of_a_probe_are_two_records() -> None:
    older = records.cell(CELL, records.hit(isolation="exec"))
    merged = records.cell(CELL, records.hit(isolation="fork")).merged(older, ["cache/p"])
    assert [p.isolation for p in merged.probes] == ["exec", "fork"]


def test_a_first_record_is_merged_with_nothing() -> None:
    assert RECORD.merged(None, []) == RECORD


@pytest.mark.parametrize("status", CellStatus)
def test_every_status_is_stored_by_its_name(store: Store[CellRecord], status: CellStatus) -> None:
    record = msgspec.structs.replace(RECORD, status=status)
    store.save(record)
    assert json.loads(store.path(CELL).read_text())["status"] == str(status)
    assert store.load(CELL) == record


def test_a_record_says_what_its_probes_cost() -> None:
    assert isinstance(RECORD, CellRecord)
    assert RECORD.probes[0].cost_s == pytest.approx(1.5)
