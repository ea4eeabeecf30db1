"""Every order of what two processes do to a folder is tried: counted on toys, without Numba."""

from __future__ import annotations

import contextlib
import glob
import io
import itertools
import math
import mmap
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from matrix.errors import NothingToRun
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.model.outcome import Outcome
from matrix.model.record import ProbeRecord
from matrix.project import read_project
from tests.unit import in_cell
from tests.unit import records as make

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="orders are tried by forking")

gate = in_cell.load("gate")
held = in_cell.load("held")
orders = in_cell.load("orders")
said = in_cell.load("said")
steps = in_cell.load("steps")

# What a process does, step by step, to a file or to the folder it is in.
KINDS = (
    *("look", "read", "put", "inplace", "append", "excl", "low"),
    *("remove", "list", "walk", "move", "size", "lexists", "try"),
)
Program = Sequence[tuple[str, str]]
Programs = dict[str, Program]


def carry_out(role: str, program: Program) -> list[object]:
    """Do it, and return what was seen: of each file looked at, who put it there."""
    seen: list[object] = []
    for number, (do, name) in enumerate(program):
        try:
            seen += DOING[do](role, number, name)
        except OSError as error:
            seen.append(type(error).__name__)
    return seen


def look(_: str, __: int, name: str) -> list[object]:
    return [Path(name).read_text(encoding="utf-8") if Path(name).exists() else ""]


def put(role: str, number: int, name: str) -> list[object]:
    Path(f"{name}.tmp.{role}").write_text(f"{role} {number}", encoding="utf-8")
    Path(f"{name}.tmp.{role}").replace(name)
    return []


def put_anew(role: str, number: int, name: str) -> list[object]:
    temporary = Path(f"{name}.tmp.{uuid.uuid4().hex[:16]}")
    temporary.write_text(f"{role} {number}", encoding="utf-8")
    temporary.replace(name)
    return []


def clear(*_: object) -> list[object]:
    for name in os.listdir():  # noqa: PTH208 (as it is held at the gate)
        Path(name).unlink()
    return []


def remove(_: str, __: int, name: str) -> list[object]:
    Path(name).unlink()
    return []


def move(_: str, __: int, name: str) -> list[object]:
    Path(name).rename("c.nbi")
    return []


def write_in_place(mode: str) -> Callable[[str, int, str], list[object]]:
    def write(role: str, number: int, name: str) -> list[object]:
        with open(name, mode, 0) as file:  # noqa: PTH123 (as it is held at the gate)
            file.write(role[:1].encode())
            file.write(str(number).encode())
        return []

    return write


def write_low(role: str, _: int, name: str) -> list[object]:
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.write(fd, role.encode())
    with os.fdopen(fd) as file:
        return [file.read()]


def take_lock(flags: str) -> Callable[[str, int, str], list[object]]:
    def take(role: str, _: int, name: str) -> list[object]:
        import fcntl  # noqa: PLC0415 (which is put in place by then)

        with open(name, "a") as lock:  # noqa: PTH123
            fcntl.flock(lock, fcntl.LOCK_EX | getattr(fcntl, flags))
            return carry_out(f"{role} locked", [("look", "b.nbi"), ("put", "b.nbi")])

    return take


DOING: dict[str, Callable[[str, int, str], list[object]]] = {
    "look": look,
    "read": lambda _, __, name: [Path(name).read_text(encoding="utf-8")],
    "put": put,
    "put anew": put_anew,
    "clear": clear,
    "inplace": write_in_place("wb"),
    "append": write_in_place("ab"),
    "excl": write_in_place("xb"),
    "low": write_low,
    "remove": remove,
    "list": lambda *_: [sorted(name for name in os.listdir() if "tmp" not in name)],  # noqa: PTH208
    "walk": lambda *_: [sorted(name for name in glob.glob("*.nbi"))],  # noqa: PTH207
    "move": move,
    "size": lambda _, __, name: [os.stat(name).st_size],  # noqa: PTH116
    "lexists": lambda _, __, name: [os.path.lexists(name), os.access(name, os.R_OK)],
    "lock": take_lock("LOCK_EX"),
    "try": take_lock("LOCK_NB"),
}


class Toys:
    """The parent of processes that race, and that load: this one."""

    def __init__(self, folder: Path, programs: Programs, *, dies: bool = False) -> None:
        self.folder, self.programs, self.dies = folder, programs, dies
        self.groups: list[int] = []

    def start(self, role: str, _: object, limit_s: float) -> Any:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            os.setpgrp()
            self._take_part(role, theirs)
        self.groups.append(pid)
        theirs.close()
        one = held.Held(ours, pid, None, {})
        ours.settimeout(limit_s)
        one.listen()
        return one

    def _take_part(self, role: str, channel: socket.socket) -> None:
        code = 1
        try:
            mine = gate.Gate(channel, str(self.folder))
            os.chdir(self.folder)
            mine.may_die = self.dies and role == "run"
            mine.shut()
            try:
                done = {"value": carry_out(role, self.programs[role])}
                if mine.unheld:
                    raise gate.NotHeld(mine.unheld)
            except RuntimeError as error:
                done = {"exception": "RuntimeError", "message": str(error)}  # type: ignore[dict-item]
            gate.send(mine.channel, done=done)
            code = 0
        finally:
            os._exit(code)

    def load(self, *_: object) -> dict[str, Any]:
        return {"how": 0, "said": {"value": None}}


def ends(
    tmp_path: Path, programs: Programs, *, reduce: bool, dies: bool = False, listed: bool = False
) -> tuple[int, set[tuple[object, ...]]]:
    """Return how many orders were tried, and their ends: what each saw, and what is left.

    Where names are `listed` nothing has one that the other process cannot come upon.
    """
    folder = tmp_path / ("reduced" if reduce else "all") / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    order = {
        "probe": "toy",
        "path": str(folder / "toy.py"),
        "scratch": str(folder.parent),
        "in_turn": [None] * 4,
    }
    toys = Toys(folder, programs, dies=dies)
    tried = orders.Race(order, toys, toys, 30.0, reduce=reduce)
    found = []

    def judge(point: Any) -> None:
        paths = sorted(folder.iterdir())
        paths = [path for path in paths if path.is_file()]
        left = [(steps.TEMPORARY.sub(".tmp", path.name), path.read_bytes()) for path in paths]
        saw = [(role, str(point.held[role].state)) for role in ("run", "other")]
        found.append((*saw, *left))

    tried.judge = judge
    if listed and not reduce:
        tried.first = lambda _, due: list(due)
    try:
        tried.run()
    finally:
        for group in toys.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    return len(found), set(found)


@pytest.fixture(params=[0.0, math.inf], ids=["kept", "done again"])
def keeping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back to every point, or to the first alone and do the steps from there again."""
    monkeypatch.setattr(orders, "KEEPING_S", request.param)


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize(("mine", "theirs"), [(0, 2), (1, 1), (2, 2), (3, 2)])
def test_all_orders_are_as_many_as_there_are_ways_to_shuffle_two_decks(
    tmp_path: Path, mine: int, theirs: int
) -> None:
    programs: Programs = {"run": [("put", "a.nbi")] * mine, "other": [("put", "a.nbi")] * theirs}
    ways = math.comb(mine + theirs, mine)
    # Each of these steps meets each of the other's: nothing can be left out.
    for reduce in (False, True):
        assert ends(tmp_path, programs, reduce=reduce)[0] == ways


def test_steps_that_do_not_meet_are_tried_in_one_order(tmp_path: Path) -> None:
    programs: Programs = {"run": [("put", "a.nbi")] * 2, "other": [("put", "b.nbi")] * 2}
    assert ends(tmp_path, programs, reduce=True)[0] == 1
    assert ends(tmp_path, programs, reduce=False)[0] == math.comb(4, 2)


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize("seed", range(22))
def test_leaving_orders_out_leaves_out_no_end(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    do = list(itertools.product(KINDS if seed % 2 else ("look", "put"), ("a.nbi", "b.nbi")))
    most = 2 if seed % 2 else 3
    programs: Programs = {
        role: [chance.choice(do) for _ in range(chance.randint(1, most))]
        for role in ("run", "other")
    }
    few, reduced = ends(tmp_path, programs, reduce=True)
    many, every = ends(tmp_path, programs, reduce=False)
    assert reduced == every
    assert few <= many


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize("program", [["put anew"], ["put anew", "put anew"], ["look", "put anew"]])
def test_what_has_a_new_name_each_time_it_is_made_is_met_all_the_same(
    tmp_path: Path, program: Sequence[str]
) -> None:
    programs: Programs = {"run": [(do, "a.nbi") for do in program], "other": [("clear", "")]}
    few, reduced = ends(tmp_path, programs, reduce=True, listed=True)
    many, every = ends(tmp_path, programs, reduce=False, listed=True)
    assert reduced == every
    assert few <= many


def linked(*_: object) -> list[object]:
    return [Path("now", name).read_text(encoding="utf-8") for name in ("a.nbi", "b.nbi")]


def switch(*_: object) -> list[object]:
    Path("new").symlink_to("two")
    Path("new").replace("now")
    return []


@pytest.mark.usefixtures("keeping")
def test_a_link_that_is_switched_is_met_by_whatever_goes_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DOING, "linked", linked)
    monkeypatch.setitem(DOING, "switch", switch)
    for kind in ("reduced", "all"):
        for folder in ("one", "two"):
            (tmp_path / kind / "toy" / folder).mkdir(parents=True)
            for name in ("a.nbi", "b.nbi"):
                (tmp_path / kind / "toy" / folder / name).write_text(folder)
        (tmp_path / kind / "toy" / "now").symlink_to("one")
    programs: Programs = {"run": [("linked", "")], "other": [("switch", "")]}
    few, reduced = ends(tmp_path, programs, reduce=True)
    many, every = ends(tmp_path, programs, reduce=False)
    assert reduced == every
    assert few <= many
    saw = {str(end[0]) for end in every}
    assert {"one', 'two" in one for one in saw} == {True, False}
    assert len(saw) == 3


def copied(*_: object) -> list[object]:
    shutil.copyfile(__file__, "a.nbi")
    return []


def pwritten(*_: object) -> list[object]:
    with open("a.nbi", "wb", 0) as file:  # noqa: PTH123 (as it is held at the gate)
        os.pwrite(file.fileno(), b"1", 0)
    return []


def array_written(*_: object) -> list[object]:
    np = pytest.importorskip("numpy")
    np.arange(3).tofile("a.nbi")
    return []


@pytest.mark.parametrize("write", [copied, pwritten, array_written])
def test_a_file_that_is_written_by_other_means_is_seen_empty_by_who_comes_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., list[object]]
) -> None:
    monkeypatch.setitem(DOING, "write", write)
    programs: Programs = {"run": [("write", "")], "other": [("size", "a.nbi")]}
    _, found = ends(tmp_path, programs, reduce=True)
    saw = {str(end[1]) for end in found}
    assert len(saw) == 3, saw  # none, empty, whole
    assert any("[0]" in one for one in saw)


def by_pid(role: str, number: int, name: str) -> list[object]:
    Path(f"{name}.{os.getpid()}").write_text(f"{role} {number}", encoding="utf-8")
    Path(f"{name}.{os.getpid()}").replace(name)
    return []


@pytest.mark.usefixtures("keeping")
def test_a_copy_of_a_process_goes_by_the_number_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DOING, "by pid", by_pid)
    programs: Programs = {"run": [("by pid", "a.nbi")] * 2, "other": [("by pid", "a.nbi")]}
    assert len(ends(tmp_path, programs, reduce=True)[1]) == 2


def test_a_copy_that_ends_itself_ends_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> list[object]:
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    monkeypatch.setitem(DOING, "end", end)
    programs: Programs = {"run": [("put", "a.nbi"), ("end", "")], "other": [("put", "a.nbi")] * 2}
    tried, found = ends(tmp_path, programs, reduce=True)
    assert tried == math.comb(3, 1)
    assert all("-15" in str(end[0]) and "[]" in str(end[1]) for end in found)


def test_a_line_is_written_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_lines(*_: object) -> list[object]:
        with open("a.nbi", "w", buffering=1) as file:  # noqa: PTH123
            file.write("one\n")
            file.write("two\n")
        return []

    monkeypatch.setitem(DOING, "lines", write_lines)
    _, found = ends(tmp_path, {"run": [("lines", "")], "other": [("size", "a.nbi")]}, reduce=True)
    saw = str({end[1] for end in found})
    assert "[0]" in saw
    assert "[4]" in saw
    assert "[8]" in saw


def test_an_empty_folder_is_told_from_none(tmp_path: Path) -> None:
    folder = steps.Folder(str(tmp_path), "")
    before = folder.digest()
    (tmp_path / "empty").mkdir()
    assert folder.digest() != before
    (tmp_path / "empty").rmdir()
    assert folder.digest() == before


def test_as_many_orders_are_tried_whether_points_are_kept_or_come_to_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs: Programs = {"run": [("put anew", "a.nbi")] * 2, "other": [("clear", "")] * 2}
    tried = set()
    for number, kept in enumerate((0.0, math.inf, 0.002, 0.002)):
        monkeypatch.setattr(orders, "KEEPING_S", kept)
        tried.add(ends(tmp_path / str(number), programs, reduce=True)[0])
    assert len(tried) == 1


@pytest.mark.usefixtures("keeping")
def test_a_lock_is_waited_for_and_taken_either_way_round(tmp_path: Path) -> None:
    programs: Programs = {"run": [("lock", "lock")], "other": [("lock", "lock")]}
    # The file is made by either, and either is the first to lock it: never both at once.
    tried, found = ends(tmp_path, programs, reduce=True)
    assert tried == 4
    saw = {str(end) for end in found}
    assert len(saw) == 2
    # Whoever comes second sees what the first has put there.
    assert all("['']" in end and "locked 1']" in end for end in saw)


def breaking(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    holding: Callable[..., object] = gate.Gate.holding

    def not_holding(self: object, called: str, original: object, *more: object) -> object:
        return original if called == name else holding(self, called, original, *more)

    monkeypatch.setattr(gate.Gate, "holding", not_holding)


def test_a_gate_that_lets_one_kind_of_step_pass_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, "replace")
    programs: Programs = {"run": [("put", "a.nbi")], "other": [("put", "a.nbi")]}
    tried, found = ends(tmp_path, programs, reduce=True)
    assert all("not held at the gate" in str(end) for end in found)
    assert tried < math.comb(2, 1)


def in_memory() -> None:
    with open("a.nbi", "wb+") as file:  # noqa: PTH123 (as it is held at the gate)
        file.write(b"1")
        file.flush()
        mmap.mmap(file.fileno(), 1).close()


def asked_of_the_system() -> None:
    import fcntl  # noqa: PLC0415 (which is put in place by then)

    with open("a.nbi", "w") as file:  # noqa: PTH123
        fcntl.fcntl(file, fcntl.F_GETFD)


def beside_a_thread() -> None:
    waits = threading.Event()
    thread = threading.Thread(target=waits.wait, daemon=True)
    thread.start()
    try:
        Path("a.nbi").exists()
    finally:
        waits.set()


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (lambda: subprocess.run(["true"], check=False), "subprocess.Popen"),
        (lambda: os.open("a.nbi", os.O_RDONLY, dir_fd=os.open(".", os.O_RDONLY)), "open by the"),
        (lambda: io.FileIO("a.nbi", "w").close(), "open a.nbi"),
        (lambda: take_lock("LOCK_SH")("run", 0, "a.nbi"), "a lock that is shared"),
        (in_memory, "a file in memory (mmap)"),
        (lambda: os.listdir(os.open(".", os.O_RDONLY)), "listdir by the descriptor of a folder"),  # noqa: PTH208
        (lambda: sqlite3.connect("a.db"), "sqlite3.connect a.db"),
        (lambda: os.lockf(os.open("a.nbi", os.O_RDWR | os.O_CREAT), os.F_LOCK, 0), "os.lockf"),
        (asked_of_the_system, "fcntl.fcntl"),
        (lambda: os.execv("/bin/true", ["true"]), "os.exec"),  # noqa: S606
        (beside_a_thread, "several threads"),
    ],
)
def test_what_gets_by_the_gate_is_refused_even_if_that_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: Callable[[], object], says: str
) -> None:
    def swallow(*_: object) -> list[object]:
        with contextlib.suppress(Exception):
            does()
        return []

    monkeypatch.setitem(DOING, "look", swallow)
    _, found = ends(tmp_path, {"run": [("look", "a.nbi")], "other": []}, reduce=True)
    assert all(f"not held at the gate: {says}" in str(end) for end in found)


def test_a_lock_that_is_polled_for_has_no_end_of_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poll(*_: object) -> list[object]:
        while not Path("never").exists():
            pass
        return []

    monkeypatch.setitem(DOING, "look", poll)
    with pytest.raises(orders.Endless, match=r"run\(\) was not done after 400 steps"):
        ends(tmp_path, {"run": [("look", "a.nbi")], "other": []}, reduce=True)


@pytest.mark.parametrize(("do", "lasts"), [("inplace", True), ("put", True), ("look", False)])
def test_a_process_may_die_after_what_others_can_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: str, *, lasts: bool
) -> None:
    died = []
    (tmp_path / "reduced" / "toy").mkdir(parents=True)
    (tmp_path / "reduced" / "toy" / "a.nbi").touch()
    monkeypatch.setattr(orders.Race, "kill", lambda *_: died.append(1))
    ends(tmp_path, {"run": [(do, "a.nbi"), ("look", "a.nbi")], "other": []}, reduce=True, dies=True)
    assert bool(died) == lasts


def test_a_value_that_comes_later_and_is_wrong_is_poison_and_the_shortest_order_is_told() -> None:
    word = said.word_for("other", "later", {"done": {"value": 2}}, (2.5,))
    assert word == {"word": "poisoned", "who": "other", "when": "later", "value": 2}
    first = steps.Step("run", ["replace", "x.tmp.1", "m.f-6.py38.nbi"], set(), {("name", "i")})
    then = steps.Step("other", ["open", "m.f-6.py38.nbi"], {("name", "i")}, set())
    alone = steps.Step("other", ["stat", "elsewhere"], {("name", "e")}, set())
    sound = {"word": "sound"}
    told = said.summary([(word, [first, then, first]), (word, [first, alone, then]), (sound, [])])
    assert told["orders"] == {"poisoned": 2, "sound": 1}
    assert told["order"] == "run writes f index; other reads f index"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("__pycache__/m.f-6.py38.nbi", "f index"),
        ("__pycache__/guf-m.f-6.py36m.12.nbc", "f data 12"),
        ("m.C.f.locals.g-6.py313.remedy.1.nbc", "C.f.locals.g data 1"),
        ("m.f-6.py313.remedy.nbi.tmp.4f2", "f index"),
        ("__pycache__/notes.txt", "notes.txt"),
    ],
)
def test_a_cache_file_is_told_by_its_function_under_a_patch_as_well(file: str, told: str) -> None:
    assert said.called(file) == told


def test_what_all_notice_is_less_than_what_nobody_does() -> None:
    words = ["sound", "raised", "crashed", "wrong", "poisoned"]
    seen: list[tuple[dict[str, Any], list[Any]]] = [
        ({"word": word, "who": "run", "when": "race", "value": 1}, []) for word in words
    ]
    for last in range(1, len(seen) + 1):
        assert said.summary(seen[:last])["word"] == words[last - 1]


def raced(**said_of_it: Any) -> ProbeRecord:
    value = {"word": "sound", "orders": {"sound": 8}} | said_of_it
    phases = (make.phase("interpreted", value=[2, 2.5] * 2), make.phase("race", value=value))
    return make.probe("race/p", *phases)


POISONED = {
    "word": "poisoned",
    "orders": {"sound": 7, "poisoned": 1},
    "who": "other",
    "when": "later",
    "value": 2,
    "order": "run writes f index; other writes f index",
}


def test_a_race_that_is_not_what_is_claimed_names_probe_cell_order_and_what_was_seen() -> None:
    claim = Claim(Kind.PROMISE, "why", (Expectation(Outcome.SOUND),))
    kept = make.cell("0.57.0-cp311", raced(**POISONED))
    (judged,) = judge([kept], ["race/p"], {"race/p": claim}, "exec").judgements
    assert not judged.holds
    assert (judged.probe, judged.cell) == ("race/p", "0.57.0-cp311")
    assert "poisoned in race (run writes f index; other writes f index)" in judged.says
    assert "other() later gave 2, in 1 of 8 orders" in judged.says
    sound = make.cell("0.57.0-cp311", raced())
    assert judge([sound], ["race/p"], {"race/p": claim}, "exec").holds
    hazard = Claim(Kind.HAZARD, "why", (Expectation(Outcome.POISONED),))
    (judged,) = judge([sound], ["race/p"], {"race/p": hazard}, "exec").judgements
    assert not judged.holds
    assert judged.says.endswith("every value was right, in each of 8 orders")
    another = Expectation(Outcome.POISONED, detail="other writes f index; run writes f index")
    order_of = Claim(Kind.HAZARD, "why", (another,))
    (judged,) = judge([kept], ["race/p"], {"race/p": order_of}, "exec").judgements
    assert not judged.holds


def test_where_nothing_can_be_forked_no_race_is_asked_for_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    here = read_project(tmp_path)
    races = [probe for probe in here.asked_for((), said.append) if probe.carrier == "race"]
    assert races
    assert said == []
    (windows,) = here.on("windows-x86_64")
    left = windows.asked_for((), said.append)
    assert len(left) == len(here.probes) - len(races)
    assert {probe.carrier for probe in left} == {"cache", "aot", "change"}
    told = f"{len(races)} probes take a fork and cannot run on windows-x86_64"
    assert said == [f"{told}: nothing is known of them there, and nothing claimed"]
    with pytest.raises(NothingToRun, match=told):
        windows.asked_for(["race/*"], said.append)
