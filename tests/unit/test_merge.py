"""Joining trusts nothing: each way a file can be wrong is refused by name, and the rest is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.errors import BadInput
from matrix.model.cell import CellStatus
from matrix.model.record import CellRecord, ProbeRecord, UpstreamResult, observations
from matrix.run import admission
from matrix.run import join as merge
from matrix.run.admission import SIZE_LIMIT, Known
from matrix.run.join import Merged, join
from tests.unit import records
from tests.unit.records import cell, crashed, hit, recompiled, unbuildable, works

CELL, OTHER = "0.57.0-cp311", "0.48.0-cp38"
KNOWN = Known(
    cells={"linux-x86_64": frozenset({CELL, OTHER}), "macos-arm64": frozenset({CELL})},
    probes={"cache/p": "cache", "cache/q": "cache", "aot/p": "aot"},
    current=lambda record: record,
)


def nothing_stored(_: CellRecord) -> None:
    """Answer for an empty store."""


def write(folder: Path, record: CellRecord | dict[str, Any] | bytes, name: str = "") -> Path:
    """Write a part's file as a cell would have, or the bytes as they are."""
    content = record if isinstance(record, bytes) else msgspec.json.encode(record)
    named = name or f"{record.cell if isinstance(record, CellRecord) else CELL}.json"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / named).write_bytes(content)
    return folder / named


def changed(record: CellRecord, **fields: Any) -> dict[str, Any]:
    """Return a record as JSON holds it, with these fields of it or of all its phases changed."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    for name, value in fields.items():
        if name in plain:
            plain[name] = value
        for probe in plain["probes"]:
            for phase in probe["phases"]:
                if name in phase:
                    phase[name] = value
    return plain


def reasons(merged: Merged) -> dict[str, str]:
    """Return why each file was refused, by its name in its part."""
    return {f"{r.path.parent.name}/{r.path.name}": r.reason for r in merged.refusals}


def test_parts_are_joined_whatever_their_order(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in "abc"]
    write(parts[0], cell(CELL, hit("cache/p")))
    write(parts[1], cell(CELL, works("aot/p")))
    write(parts[2] / "deeper", cell(OTHER, hit("cache/p")))
    write(parts[2], cell(CELL, hit("cache/p"), platform="macos-arm64"))
    one = join(parts, KNOWN, nothing_stored)
    other = join(parts[::-1], KNOWN, nothing_stored)
    assert one == other
    assert not one.refusals
    assert one.files == 4
    assert [(r.platform, r.cell, [p.id for p in r.probes]) for r in one.records] == [
        ("linux-x86_64", OTHER, ["cache/p"]),
        ("linux-x86_64", CELL, ["aot/p", "cache/p"]),
        ("macos-arm64", CELL, ["cache/p"]),
    ]


def test_what_ran_with_another_source_than_is_here_is_refused(tmp_path: Path) -> None:
    def current(record: CellRecord) -> CellRecord:
        kept = tuple(probe for probe in record.probes if probe.id != "cache/q")
        return msgspec.structs.replace(record, probes=kept)

    write(tmp_path / "a", cell(CELL, hit("cache/p")))
    write(tmp_path / "b", cell(OTHER, hit("cache/p"), hit("cache/q")))
    known = msgspec.structs.replace(KNOWN, current=current)
    merged = join([tmp_path / "a", tmp_path / "b"], known, nothing_stored)
    assert [record.cell for record in merged.records] == [CELL]
    assert reasons(merged) == {
        f"b/{OTHER}.json": "1 of its probes ran with another source, lock or runner than here"
    }


def test_what_is_stored_here_is_kept_beside_what_comes(tmp_path: Path) -> None:
    write(tmp_path, cell(CELL, works("aot/p")))
    stored = cell(CELL, hit("cache/p"))
    (record,) = join([tmp_path], KNOWN, lambda _: stored).records
    assert [probe.id for probe in record.probes] == ["aot/p", "cache/p"]


def test_a_cell_that_could_not_run_here_gives_way(tmp_path: Path) -> None:
    write(tmp_path, cell(CELL, hit("cache/p")))
    stored = records.not_run(CELL, CellStatus.NOT_INSTALLABLE, "no room")
    assert join([tmp_path], KNOWN, lambda _: stored).records == (cell(CELL, hit("cache/p")),)


def test_what_ran_and_could_not_be_installed_since_does_not_contradict_itself(
    tmp_path: Path,
) -> None:
    seen = msgspec.structs.replace(cell(CELL, hit("cache/p")), not_installable={"cache/p": "no"})
    write(tmp_path, seen)
    merged = join([tmp_path], KNOWN, lambda _: seen)
    assert (merged.records, merged.refusals) == ((seen,), ())


def test_of_a_store_only_the_observations_are_read_and_not_what_was_set_aside(
    tmp_path: Path,
) -> None:
    write(tmp_path / "observations", cell(CELL, hit("cache/p")))
    write(tmp_path / "observations" / f"{OTHER}.json.2.set-aside", b"{", name="inside")
    write(tmp_path / "observations", b"{", name=f"{OTHER}.json.set-aside")
    write(tmp_path, b"{}", name="run.json")
    merged = join([tmp_path], KNOWN, nothing_stored)
    assert [record.cell for record in merged.records] == [CELL]
    assert not merged.refusals


def nested(depth: int) -> Any:
    """Return a number in so many lists."""
    value: Any = 55
    for _ in range(depth):
        value = [value]
    return value


def upstream(**what: Any) -> UpstreamResult:
    """Return what came of some of Numba's own tests, but for `what`."""
    usual: dict[str, Any] = {
        "suite": "numba.tests",
        "key": "k",
        "passed": 3,
        "failed": 0,
        "skipped": 0,
    }
    rest: dict[str, Any] = {"absent": False, "ended": "", "failures": (), "wall_s": 1.0}
    return UpstreamResult(**(usual | rest | what))


GOOD = cell(CELL, hit("cache/p"))
FILES = ("files_before", "files_after")
OUTSIDE = {"name": "../x.nbi", "bytes": 1, "sha256": ""}
DEEP = b"[" * 100_000 + b"]" * 100_000
CRAFTED: dict[str, tuple[CellRecord | dict[str, Any] | bytes, str]] = {
    "truncated": (msgspec.json.encode(GOOD)[:-20], "breaks the schema"),
    "empty": (b"", "breaks the schema"),
    "not UTF-8": (msgspec.json.encode(GOOD).replace(b"cache/p", b"cache/\xff"), "breaks the sch"),
    "a field too many": ({**changed(GOOD), "command": "rm -rf"}, "unknown field `command`"),
    "a field of another type": (changed(GOOD, hits="many"), "Expected `int`, got `str`"),
    "a status that is none": (changed(GOOD, status="fine"), "breaks the schema"),
    "values nested too deeply": (
        msgspec.json.encode(GOOD).replace(b'"value":55', b'"value":' + DEEP),
        "nested too deeply",
    ),
    "another schema": (changed(GOOD, schema=99), "its schema is 99, not 1"),
    "an unknown platform": (changed(GOOD, platform="amiga"), "platform 'amiga'"),
    "an unknown cell": (changed(GOOD, cell="0.57.0-cp399"), "the cell '0.57.0-cp399' on linux"),
    "a cell that is a path": (changed(GOOD, cell="../../x"), "the cell '../../x'"),
    "a cell of another platform": (
        changed(cell(OTHER, hit("cache/p")), platform="macos-arm64"),
        "the cell '0.48.0-cp38' on macos-arm64",
    ),
    "another cell's name": (cell(OTHER, hit("cache/p")), "it should be 0.48.0-cp38.json"),
    "another Numba": (changed(GOOD, numba="0.48.0"), "says Numba '0.48.0'"),
    "another Python": (changed(GOOD, python="3.8.1"), "says Python '3.8.1'"),
    "a version that is none": (changed(GOOD, numpy="1.2 | <b>"), "is no version"),
    "a status no cell files": (records.not_run(CELL, CellStatus.NO_WHEEL, ""), "no_wheel"),
    "a path in a message": (changed(GOOD, message="/home/me/x.py: no"), "carries a path"),
    "a path in the output": (changed(GOOD, stdout="see C:\\Users\\me\\x"), "carries a path"),
    "a path in a symbol": (changed(GOOD, unresolved=["/etc/ssl/x"]), "/etc/ssl/x"),
    "a path in the reason": (
        records.not_run(CELL, CellStatus.BROKEN, "no /home/me/.cache/uv/x"),
        "carries a path",
    ),
    "a path as a file's name": (
        changed(GOOD, **dict.fromkeys(FILES, (OUTSIDE,))),
        "'../x.nbi' is no file's name",
    ),
    "an unknown probe": (cell(CELL, hit("cache/unknown")), "there is no probe 'cache/unknown'"),
    "another carrier": (
        cell(CELL, ProbeRecord("cache/p", "aot", "exec", "k", works().phases)),
        "its carrier is cache",
    ),
    "another isolation": (cell(CELL, hit("cache/p", isolation="none")), "isolation 'none'"),
    "the same probe twice": (cell(CELL, hit("cache/p"), hit("cache/p")), "the same probe twice"),
    "a probe without phases": (cell(CELL, records.probe("cache/p")), "no phase was recorded"),
    "half a probe": (
        cell(CELL, records.probe("cache/p", records.phase("interpreted"))),
        "are not a whole run",
    ),
    "a value nested 101 deep": (changed(GOOD, value=nested(101)), "nested more than 100 deep"),
    "a value nested 700 deep": (
        msgspec.json.encode(GOOD).replace(b'"value":55', b'"value":' + b"[" * 700 + b"]" * 700),
        "nested more than 100 deep",
    ),
    "a phase that is none": (changed(GOOD, name="\n::error::"), "are not a whole run"),
    "phases in another order": (
        cell(CELL, records.probe("cache/p", *hit().phases[::-1])),
        "warm, cold, interpreted are not a whole run",
    ),
    "a phase after the last": (
        cell(CELL, records.probe("cache/p", *hit().phases, records.warm("again"))),
        "are not a whole run",
    ),
    "a signal that is none": (cell(CELL, crashed(signal="\n::error::x")), "there is no signal"),
    "an exception that is none": (
        cell(CELL, unbuildable(exception="E\n# H <b>")),
        "there is no exception",
    ),
    "an exception of any length": (cell(CELL, unbuildable(exception="E" * 201)), "no exception"),
    "a count below nothing": (changed(GOOD, strays=-1), "-1 is no count of strays"),
    "a count beyond all": (changed(GOOD, strays=10**100), "is no count of strays"),
    "a file below nothing": (
        changed(GOOD, **dict.fromkeys(FILES, (OUTSIDE | {"name": "x.nbi", "bytes": -1},))),
        "-1 is no count of x.nbi",
    ),
    "an end that is none": (changed(GOOD, exit=10**100), "no process ends with 1000"),
    "a message of any length": (changed(GOOD, message="x" * 10**6), "1000000 characters of output"),
    "a reason of any length": (
        records.not_run(CELL, CellStatus.BROKEN, "x" * 10**6),
        "a reason or a note has 1000000 characters",
    ),
    "a suite that is none": (cell(CELL, upstream=(upstream(suite="a\x1b[31m"),)), "is no name"),
    "an ending that is none": (cell(CELL, upstream=(upstream(ended="\n::x"),)), "no ending of"),
    "a test that is none": (cell(CELL, upstream=(upstream(failures=("\n# H",)),)), "is no name"),
    "fewer tests than none": (cell(CELL, upstream=(upstream(passed=-1),)), "no number of tests"),
    "a time below nothing": (changed(GOOD, wall_s=-1.0), "took -1.0 seconds"),
    "an install before it began": (changed(GOOD, install_s=-2.0), "installing took -2.0 seconds"),
}


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_file_that_cannot_be_believed_is_refused_and_the_rest_is_joined(
    tmp_path: Path, crafted: str
) -> None:
    content, reason = CRAFTED[crafted]
    write(tmp_path / "bad", content, name=f"{CELL}.json")
    write(tmp_path / "good", cell(OTHER, hit("cache/p")))
    merged = join([tmp_path / "good", tmp_path / "bad"], KNOWN, nothing_stored)
    assert [record.cell for record in merged.records] == [OTHER]
    assert list(reasons(merged)) == [f"bad/{CELL}.json"]
    assert reason in reasons(merged)[f"bad/{CELL}.json"]


def test_the_file_all_of_these_are_made_from_is_believed(tmp_path: Path) -> None:
    write(tmp_path, changed(GOOD))
    assert join([tmp_path], KNOWN, nothing_stored).records == (GOOD,)


def test_a_phase_that_ended_in_no_way_is_refused_though_the_types_hold_it(tmp_path: Path) -> None:
    unknown = (*hit("cache/p").phases[:2], records.warm(status="perfect"))
    write(tmp_path, cell(CELL, records.probe("cache/p", *unknown)))
    (reason,) = reasons(join([tmp_path], KNOWN, nothing_stored)).values()
    assert reason == "cache/p: no phase ends 'perfect'"


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with write(tmp_path, GOOD).open("r+b") as file:
        file.truncate(SIZE_LIMIT + 1)
    (reason,) = reasons(join([tmp_path], KNOWN, nothing_stored)).values()
    assert reason == f"it has {SIZE_LIMIT + 1} bytes; the limit is {SIZE_LIMIT}"


def test_a_file_at_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = write(tmp_path, GOOD).stat().st_size
    monkeypatch.setattr(admission, "SIZE_LIMIT", size)
    assert join([tmp_path], KNOWN, nothing_stored).records


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such a file")
def test_a_file_longer_than_it_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "SIZE_LIMIT", 10)
    with pytest.raises(admission.Refused, match="grows beyond the limit of 10 bytes"):
        admission.admit(Path("/proc/self/status"), KNOWN)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = write(tmp_path / "elsewhere", GOOD)
    part = tmp_path / "part"
    part.mkdir()
    (part / target.name).symlink_to(target)
    (part / "folder").symlink_to(target.parent, target_is_directory=True)
    merged = join([part], KNOWN, nothing_stored)
    assert not merged.records
    assert reasons(merged) == {
        f"part/{target.name}": "it is no ordinary file",
        "part/folder": "it is no ordinary file",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{CELL}.json")
    assert reasons(join([tmp_path], KNOWN, nothing_stored)) == {
        f"{tmp_path.name}/{CELL}.json": "it is no ordinary file"
    }


def test_a_file_that_is_no_observation_is_said(tmp_path: Path) -> None:
    write(tmp_path, b"#!/bin/sh\n", name="run.sh")
    (reason,) = reasons(join([tmp_path], KNOWN, nothing_stored)).values()
    assert "breaks the schema" in reason


Change = Callable[[], CellRecord]
CONTRADICTIONS: dict[str, tuple[Change, str]] = {
    "an outcome": (
        lambda: cell(CELL, recompiled("cache/p")),
        "cache/p: hit here, recompiled in warm (never) there",
    ),
    "a value": (lambda: cell(CELL, hit("cache/p", value=56)), "cache/p: 55 here, 56 there"),
    "a version": (lambda: cell(CELL, hit("cache/q"), numpy="9.9"), "numpy 1.2.3 here, 9.9 there"),
    "a status": (
        lambda: records.not_run(CELL, CellStatus.BROKEN, "?"),
        "status ran here, broken there",
    ),
    "Numba's own tests": (
        lambda: cell(CELL, upstream=(upstream(failed=1),)),
        "numba.tests: 3 passed here, 3 passed, 1 failed there",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_files_that_contradict_each_other_are_all_refused(tmp_path: Path, what: str) -> None:
    other, says = CONTRADICTIONS[what]
    write(tmp_path / "a", cell(CELL, hit("cache/p"), upstream=(upstream(),)))
    write(tmp_path / "b", other())
    write(tmp_path / "c", cell(OTHER, hit("cache/p")))
    merged = join([tmp_path], KNOWN, nothing_stored)
    assert [record.cell for record in merged.records] == [OTHER]
    said = reasons(merged)
    assert list(said) == [f"a/{CELL}.json", f"b/{CELL}.json"]
    assert said[f"a/{CELL}.json"] == f"it contradicts {tmp_path / 'b' / CELL}.json: {says}"


def test_a_file_that_contradicts_what_is_stored_is_refused(tmp_path: Path) -> None:
    write(tmp_path, cell(CELL, recompiled("cache/p")))
    stored = cell(CELL, hit("cache/p"))
    (reason,) = reasons(join([tmp_path], KNOWN, lambda _: stored)).values()
    assert reason.startswith("it contradicts what is stored here: cache/p: recompiled")


def test_values_of_any_length_that_contradict_are_told_briefly(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, cell(CELL, hit("cache/p", value=name * 10**6)))
    for refusal in join([tmp_path], KNOWN, nothing_stored).refusals:
        assert "characters left out] here" in refusal.reason
        assert len(str(refusal)) < 1500


def test_a_reason_of_any_length_is_told_briefly(tmp_path: Path) -> None:
    write(tmp_path, changed(GOOD, platform="x" * 10**6))
    (refusal,) = join([tmp_path], KNOWN, nothing_stored).refusals
    assert "characters left out]" in str(refusal)
    assert len(str(refusal)) < 1500


def test_a_value_as_deep_as_a_cell_may_file_is_believed(tmp_path: Path) -> None:
    write(tmp_path / "a", changed(GOOD, value=nested(100)))
    write(tmp_path / "b", changed(GOOD, value=nested(100)))
    assert len(join([tmp_path], KNOWN, nothing_stored).records) == 1


def test_times_are_no_contradiction(tmp_path: Path) -> None:
    write(tmp_path / "a", cell(CELL, hit("cache/p"), install_s=1.0, cpu="one", run="r1"))
    slow = changed(cell(CELL, hit("cache/p"), install_s=9.0, cpu="two", run="r2"), wall_s=7.0)
    write(tmp_path / "b", slow)
    merged = join([tmp_path], KNOWN, nothing_stored)
    assert not merged.refusals
    assert len(merged.records) == 1


def test_a_refusal_is_one_harmless_line(tmp_path: Path) -> None:
    name = "\x1b[2J\n::error::x.json"
    if sys.platform == "win32":
        name = "x.json"
    write(tmp_path, changed(GOOD, platform="\x1b[31m\nred"), name=name)
    (refusal,) = join([tmp_path], KNOWN, nothing_stored).refusals
    assert str(refusal).isprintable()
    assert "the matrix does not know the platform" in str(refusal)


def test_nothing_to_join_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no observations below"):
        join([tmp_path], KNOWN, nothing_stored)
    with pytest.raises(BadInput, match="there is no such folder"):
        join([tmp_path / "missing"], KNOWN, nothing_stored)


def test_what_a_cell_stores_is_always_believed(tmp_path: Path) -> None:
    told = {"stdout": "gcc: /usr/include/x.h", "message": "no", "value": ["C:\\Users\\me"]}
    record = cell(CELL, hit("cache/p"), unbuildable("aot/p"))
    crafted = msgspec.convert(changed(record, **told), CellRecord)
    observations(tmp_path, print).save(crafted)
    merged = merge.join([tmp_path], KNOWN, nothing_stored)
    assert not merged.refusals
    assert merged.records[0].probes[0].phases[0].stdout == "gcc: <elsewhere>/x.h"
