"""Every order of what two processes do to a folder is tried: counted on toys, without Numba."""

from __future__ import annotations

import itertools
import math
import os
import random
import socket
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

# What a process does, step by step: look at a file, put one in its place, take a lock.
Program = Sequence[tuple[str, str]]
Programs = dict[str, Program]


def carry_out(role: str, program: Program) -> list[str]:
    """Do it, and return what was seen of each file looked at: who put it there."""
    seen = []
    for number, (do, name) in enumerate(program):
        if do == "look":
            found = Path(name)
            seen.append(found.read_text(encoding="utf-8") if found.exists() else "")
        elif do == "put":
            Path(f"{name}.tmp.{role}").write_text(f"{role} {number}", encoding="utf-8")
            Path(f"{name}.tmp.{role}").replace(name)
        elif do == "lock":
            with open(name, "a") as lock:  # noqa: PTH123 (as it is held at the gate)
                import fcntl  # noqa: PLC0415 (which is put in place by then)

                fcntl.flock(lock, fcntl.LOCK_EX)
                seen += carry_out(f"{role} locked", [("look", "b.nbi"), ("put", "b.nbi")])
    return seen


class Toys:
    """The parent of processes that race, and that load: this one."""

    def __init__(self, folder: Path, programs: Programs) -> None:
        self.folder, self.programs = folder, programs

    def start(self, role: str, _: object, limit_s: float) -> Any:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            self._take_part(role, theirs)
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
            mine.shut()
            try:
                done = {"value": carry_out(role, self.programs[role])}
            except RuntimeError as error:
                done = {"exception": "RuntimeError", "message": str(error)}  # type: ignore[dict-item]
            gate.send(mine.channel, done=done)
            code = 0
        finally:
            os._exit(code)

    def load(self, *_: object) -> dict[str, Any]:
        return {"how": 0, "said": {"value": None}}


def ends(
    tmp_path: Path, programs: Programs, *, reduce: bool
) -> tuple[int, set[tuple[object, ...]]]:
    """Return how many orders were tried, and their ends: what each saw, and what is left."""
    folder = tmp_path / ("reduced" if reduce else "all") / "toy"
    folder.mkdir(parents=True)
    order = {
        "probe": "toy",
        "path": str(folder / "toy.py"),
        "scratch": str(folder.parent),
        "in_turn": [None] * 4,
    }
    toys = Toys(folder, programs)
    tried = orders.Race(order, toys, toys, 30.0, reduce=reduce)
    found = []

    def judge(point: Any) -> None:
        left = sorted((path.name, path.read_text()) for path in folder.iterdir())
        saw = [(role, str(point.held[role].state)) for role in ("run", "other")]
        found.append((*saw, *left))

    tried.judge = judge
    tried.run()
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
@pytest.mark.parametrize("seed", range(8))
def test_leaving_orders_out_leaves_out_no_end(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    steps = list(itertools.product(("look", "put"), ("a.nbi", "b.nbi")))
    programs: Programs = {
        role: [chance.choice(steps) for _ in range(chance.randint(1, 3))]
        for role in ("run", "other")
    }
    few, reduced = ends(tmp_path, programs, reduce=True)
    many, every = ends(tmp_path, programs, reduce=False)
    assert reduced == every
    assert few <= many


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
    well = judge([make.cell("0.57.0-cp311", raced())], ["race/p"], {"race/p": claim}, "exec")
    assert well.holds


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
