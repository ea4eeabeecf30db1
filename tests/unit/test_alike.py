"""What many records hold is held once, and stays what it was."""

import msgspec
from hypothesis import given, settings

from matrix.model.record import CellRecord, Phase
from matrix.report.evidence.alike import FIELDS, Alike
from tests.unit import records
from tests.unit.test_report import CELLS, UNUSUAL, usual


def read_anew(record: CellRecord) -> CellRecord:
    return msgspec.json.decode(msgspec.json.encode(record), type=CellRecord)


@settings(max_examples=30)
@given(CELLS)
def test_a_record_stays_what_it_was(cells: list[CellRecord]) -> None:
    alike = Alike()
    for cell in (*cells, UNUSUAL):
        kept, read = alike.of(read_anew(cell)), read_anew(cell)
        assert kept == read
        assert msgspec.json.encode(kept) == msgspec.json.encode(read)


def test_what_two_records_hold_is_one_object() -> None:
    failing = records.probe(
        "cache/fib",
        records.phase("interpreted", stdout="said " * 9),
        records.failing("cold", "raised", exception="E", message="why " * 9, stderr="more " * 9),
    )
    alike = Alike()
    cells = (usual("0.57.0-cp311").probes, (failing,))
    for probes in cells:
        names = ("0.57.0-cp311", "0.58.0-cp311")
        one, other = (alike.of(read_anew(records.cell(name, *probes))) for name in names)
        assert one.probes == other.probes
        for a, b in zip(one.probes, other.probes, strict=True):
            assert a.id is b.id
            for here, there in zip(a.phases, b.phases, strict=True):
                for field in (*FIELDS, "files_before", "files_after"):
                    assert getattr(here, field) is getattr(there, field), field


def test_each_text_and_tuple_of_a_phase_is_held_once() -> None:
    rest = {"wall_s", "cpu_s", "run_s", "value", "exit", "strays"}
    rest |= {"hits", "misses", "loads", "saves", "compiled", "files_before", "files_after"}
    assert {*FIELDS} | rest == {*Phase.__struct_fields__}
