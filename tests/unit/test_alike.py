"""What many records hold is held once, and stays what it was, its times as they are told."""

import itertools

import msgspec
from hypothesis import given, settings

from matrix.model.record import CellRecord, Phase
from matrix.report.evidence.alike import FIELDS, Alike
from matrix.report.evidence.tables import told_s
from tests.unit import records
from tests.unit.test_report import CELLS, UNUSUAL, usual


def read_anew(record: CellRecord) -> CellRecord:
    return msgspec.json.decode(msgspec.json.encode(record), type=CellRecord)


def as_told(record: CellRecord) -> CellRecord:
    probes = []
    for probe in record.probes:
        phases = [
            msgspec.structs.replace(
                p, wall_s=told_s(p.wall_s), cpu_s=told_s(p.cpu_s), run_s=told_s(p.run_s)
            )
            for p in probe.phases
        ]
        probes.append(msgspec.structs.replace(probe, phases=tuple(phases)))
    return msgspec.structs.replace(record, probes=tuple(probes))


def test_times_are_told_to_the_millisecond_or_to_two_digits() -> None:
    exactly = (12.3456789, 0.4516, 0.0123456, 0.00999, 0.00123456, 0.0000123456, 0.0, None)
    told = [12.346, 0.452, 0.012, 0.01, 0.0012, 0.000012, 0.0, None]
    assert [told_s(one) for one in exactly] == told


@settings(max_examples=30)
@given(CELLS)
def test_a_record_stays_what_it_was(cells: list[CellRecord]) -> None:
    alike = Alike()
    for cell in (*cells, UNUSUAL):
        kept, read = alike.of(read_anew(cell)), as_told(read_anew(cell))
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
                for field in (*FIELDS, "wall_s", "cpu_s", "run_s"):
                    assert getattr(here, field) is getattr(there, field), field


def test_a_folder_that_two_phases_of_a_probe_saw_is_one_object() -> None:
    record = Alike().of(read_anew(usual("0.57.0-cp311")))
    shared = 0
    for probe in record.probes:
        for before, after in itertools.pairwise(probe.phases):
            if before.files_after and before.files_after == after.files_before:
                assert before.files_after is after.files_before
                shared += 1
    assert shared


def test_each_text_and_tuple_of_a_phase_is_held_once() -> None:
    rest = {"wall_s", "cpu_s", "run_s", "value", "exit", "strays"}
    rest |= {"hits", "misses", "loads", "saves", "compiled", "files_before", "files_after"}
    assert {*FIELDS} | rest == {*Phase.__struct_fields__}
