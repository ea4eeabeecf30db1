"""What `nox -s show` says of a square: everything that is stored of it, and nothing but text."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from matrix.commands.square.debug import _refuse_to_go_without as refuse_to_go_without
from matrix.commands.square.show import asking, show
from matrix.errors import BadInput, NothingToRun
from matrix.experiments.needs import Need
from matrix.judge.claims import Claim, Expectation, Kind
from matrix.judge.judge import judge
from matrix.model.cell import Cell, CellStatus, parse_cell
from matrix.model.files import write_atomically
from matrix.model.outcome import Outcome
from matrix.model.record import (
    CellRecord,
    Dispatcher,
    Package,
    Phase,
    ProbeRecord,
    Specialisation,
    observations,
)
from matrix.model.text import FRONT
from matrix.options import Show
from matrix.packages.resolve import Resolved
from matrix.plan.plan import lock_digest, source
from matrix.project import PROBES, Project, read_project
from matrix.report.findings import findings
from matrix.report.terminal.conclusion import conclusion
from matrix.report.terminal.square import NATIVE, blocks, commands, continued, lines
from matrix.select.releases import lock_path
from tests.unit.records import cell, cold, crashed, failing, hit, not_run, phase, probe
from tests.unit.test_causes import SEEN, crashing
from tests.unit.test_shown import HOSTILE

CELL = "0.57.0-cp311"
CLAIMS = {
    "cache/p": Claim(
        Kind.HAZARD,
        "a test",
        (Expectation(Outcome.CRASHED, phase="warm"),),
        "https://example.org/6061",
        ("cache/q",),
    )
}


def shown(
    record: CellRecord, id_: str = "cache/p", claims: dict[str, Claim] | None = None
) -> list[str]:
    judged = judge([record], [id_], claims, "exec").judgements
    return list(lines(blocks(record, id_, "exec", claims, judged), 100))


def test_a_square_tells_all_that_is_stored_of_it() -> None:
    left_open = Specialisation("int64", unresolved=True)
    kept = cold(dispatchers=(Dispatcher("f", (left_open,)),), unresolved=("_ZN1f",))
    died = failing("warm", "crashed", signal="SIGSEGV", exit=-11, stderr="Fatal\n  File x")
    said = "\n".join(shown(cell(CELL, probe("cache/p", phase("interpreted"), kept, died),
                                hit("cache/q")), claims=CLAIMS))  # fmt: skip
    for text in (
        "cache/p in 0.57.0-cp311: crashed in warm (SIGSEGV)",
        "Numba 0.57.0, Python 3.11.1, NumPy 1.2.3, llvmlite 0.4.0, LLVM 8.0",
        "Claim: hazard",
        "why      a test",
        "https://example.org/6061",
        "instead  cache/q: hit",
        "holds    cache/p: crashed in warm (SIGSEGV)",
        "cold: answered",
        "1 misses",
        "f(int64): leaves a symbol open",
        "_ZN1f",
        "p.f-1.py38.1.nbc, 9000 bytes, 1111111111111111, new",
        "warm: crashed (SIGSEGV)",
        "Fatal",
        "  File x",
        "nox -s matrix -- 0.57.0-cp311 --probe cache/p --fresh",
        "nox -s debug -- 0.57.0-cp311 cache/p --phase warm --gdb",
    ):
        assert text in said


def test_a_claim_that_does_not_hold_is_told_as_such_and_none_is_no_claim() -> None:
    assert any("DOES NOT HOLD" in line for line in shown(cell(CELL, hit()), claims=CLAIMS))
    assert not any("laim" in line or "holds" in line for line in shown(cell(CELL, hit())))


def test_a_native_backtrace_is_pointed_to_where_there_is_one_and_asked_of_a_debugger_else() -> None:
    def of(stderr: str, python: str) -> str:
        died = failing("warm", "crashed", signal="SIGSEGV", stderr=stderr)
        record = cell(CELL, probe("cache/p", phase("interpreted"), cold(), died), python=python)
        return next(line for line in shown(record) if "native backtrace" in line)

    assert "3.11.7 gives none" in of("Fatal", "3.11.7")
    assert "in its stderr" in of(f"Fatal\nCurrent thread's {NATIVE}:", "3.14.1")


@given(HOSTILE, st.integers(30, 120))
def test_whatever_a_probe_said_no_line_is_wider_than_the_terminal_or_a_command(
    text: str, width: int
) -> None:
    text = text.encode("utf-8", "backslashreplace").decode()  # as everything is stored
    said = phase("interpreted", value=text, stdout=text * 9, stderr=text)
    odd = Phase("cold", "raised", 0.1, exception="E", message=text, unresolved=(text,))
    record = cell(CELL, probe("cache/p", said, odd), cpu=text, notes=(text,))
    for line in lines(blocks(record, "cache/p", "exec", None, ()), width):
        assert line.isprintable()
        assert cell_len(line) <= width
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0\n"), min_size=1)))
def test_a_command_over_several_lines_is_the_same_to_a_shell(words: list[str]) -> None:
    text = continued(shlex.join(["command", *words]), 20, "  ")
    assert shlex.split(text.replace("\\\n", "")) == ["command", *words]


def test_a_shell_takes_a_command_over_several_lines() -> None:
    text = continued(f"printf '%s.' 'a  b' \"it's\" ccccccccc ddddddd {'e' * 50}", 20)
    assert max(map(len, text.splitlines())) <= 20
    told = subprocess.check_output(["sh", "-c", text])
    assert told == b"a  b.it's.ccccccccc.ddddddd." + b"e" * 50 + b"."


def test_the_commands_of_a_square_name_the_patch_that_only_its_run_knows() -> None:
    shipped = commands(CELL, "cache/p@remedy", {**CLAIMS, "cache/p@remedy": CLAIMS["cache/p"]})
    assert shipped["run it"].endswith("--probe cache/p@remedy")
    own = commands(CELL, "cache/p@mine", CLAIMS, "warm", "my probes")
    assert own["run it"].endswith("--probe cache/p --patch mine.py --probes 'my probes'")
    assert own["debug it"].endswith("--phase warm --probes 'my probes' --patch mine.py")
    shipped = commands("0.68.1-cp313", "cache/p@remedy", None)
    assert shipped["run it"].endswith("--probe cache/p --patch remedy")


def test_what_is_not_stored_is_said_with_the_command_that_runs_it(tmp_path: Path) -> None:
    asked = Show(state=tmp_path, square=("0.68.1-cp313", "cache/self_lazy"))
    run = "run it: nox -s matrix -- 0.68.1-cp313 --probe cache/self_lazy"
    with pytest.raises(NothingToRun, match=run):
        show(asked)
    store = observations(tmp_path / "observations", print)
    store.save(not_run("0.68.1-cp313", CellStatus.NOT_INSTALLABLE, "no wheel"))
    with pytest.raises(NothingToRun, match=f"not_installable, no wheel: .*{run}"):
        show(asked)
    store.save(cell("0.68.1-cp313", crashed("cache/self_lazy")))
    with pytest.raises(NothingToRun, match=run):  # of another source than is here
        show(asked)
    lacking = {"cache/self_lazy": "no such package"}
    store.save(msgspec.structs.replace(cell("0.68.1-cp313"), not_installable=lacking))
    with pytest.raises(NothingToRun, match=f"^not_installable, no such package: .*{run}"):
        show(asked)


def test_what_was_seen_before_it_could_not_be_installed_is_shown_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = cell("0.68.1-cp313", hit("cache/self_lazy"))
    lacking = {"cache/self_lazy": "no such package"}
    kept(read_project(tmp_path), msgspec.structs.replace(seen, not_installable=lacking))
    show(Show(state=tmp_path, square=("0.68.1-cp313", "cache/self_lazy")))
    said = capsys.readouterr().out
    assert said.startswith("as it was seen before; since then not_installable, no such package\n")
    assert "cache/self_lazy in 0.68.1-cp313: hit" in said


def kept(project: Project, record: CellRecord) -> None:
    """Store a record as if the probes, the runner and the lock of today had made it."""
    sources = {p.id: p for p in project.probes}
    lock = lock_digest(project.locks, record.numba)
    seen = tuple(
        msgspec.structs.replace(p, source=source(sources[p.id], project.runner, lock))
        for p in record.probes
    )
    project.store(print).save(msgspec.structs.replace(record, probes=seen))


def test_with_what_it_ran_is_shown_and_why_it_fails_and_what_would_be_safe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine/cache").mkdir(parents=True)
    shutil.copyfile(PROBES / "cache/promoted_lazy.py", tmp_path / "mine/cache/p.py")
    project = read_project(tmp_path, tmp_path / "mine")
    called, seen = SEEN["promoted_lazy"]
    own = crashing("p", called=called, seen=seen)
    packages = (Package("mylib", "0.1", "3f2a91c0" * 2, asked=True), Package("other", "2.0"))
    kept(project, cell("0.68.1-cp313", msgspec.structs.replace(own, packages=packages)))
    asked = {"state": tmp_path, "probes": tmp_path / "mine"}
    assert show(Show(square=("0.68.1-cp313", "cache/p"), **asked)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "packages mylib 0.1 (3f2a91c0), other 2.0" in said
    assert "cause because a call of halvings is left open: " in said
    assert "change: " in said
    assert "passes: cache/" in said


def test_from_a_crash_of_ones_own_program_a_command_leads_to_its_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine/cache").mkdir(parents=True)
    file = tmp_path / "mine/cache/p.py"
    shutil.copyfile(PROBES / "cache/promoted_lazy.py", file)
    project = read_project(tmp_path, tmp_path / "mine")
    called, seen = SEEN["promoted_lazy"]
    plain = crashing("p", called=called, seen=seen)
    packages = (Package("other", "2.0"),)
    needy = msgspec.structs.replace(plain, packages=packages)

    def told(probe: ProbeRecord, own: Path | None = tmp_path / "mine") -> list[str]:
        """Return the command that both the end of a run and `show` print."""
        record = cell("0.68.1-cp313", probe)
        judged = judge([record], ["cache/p"], None, "exec")
        found = findings([record], ["cache/p"], judged, "exec", ["0.68.1"])
        lines = conclusion(found, tmp_path, asking=asking(read_project(tmp_path, own)))
        ended = "\n".join(lines)
        shown = ended
        if own:
            kept(project, record)
            show(Show(square=("0.68.1-cp313", "cache/p"), state=tmp_path, probes=own))
            shown = capsys.readouterr().out
        commands = [
            re.findall(r"check it: (.*?\.py)", " ".join(said.replace("\\\n", "").split()))
            for said in (ended, shown)
        ]
        assert commands[0] == commands[1]
        return commands[0]

    assert told(plain) == [f"nox -s check -- 0.68.1-cp313 {file}"]
    assert told(plain, None) == []  # of the suite's own the claims say why
    assert told(needy) == []  # the environment that its packages are in is not known
    resolved = project.state / "packages" / "0.68.1-cp313" / "4cfb1bf1.json"
    write_atomically(resolved, [msgspec.json.encode(Resolved(packages=packages))])
    assert told(needy) == [f"nox -s check -- 0.68.1-cp313+4cfb1bf1 {file}"]
    monkeypatch.setenv(FRONT, "numba-matrix")
    assert told(needy) == [f"numba-matrix check {file}"]


def test_a_square_is_not_debugged_without_the_packages_it_was_run_with(tmp_path: Path) -> None:
    (tmp_path / "mine/cache").mkdir(parents=True)
    shutil.copyfile(PROBES / "cache/self_lazy.py", tmp_path / "mine/cache/p.py")
    project = read_project(tmp_path, tmp_path / "mine")
    mine = Package("mylib", "0.1", "3f2a91c0" * 2, asked=True)
    packages = (mine, Package("x", "2.0", asked=True))
    kept(project, cell(CELL, msgspec.structs.replace(hit(), packages=packages)))
    (plain,) = project.probes
    lacks = r"with mylib 0.1 \(3f2a91c0\), x 2.0, .*: add --with FOLDER --with x==2.0$"
    with pytest.raises(BadInput, match=lacks):  # the wheel that was made of it is gone
        refuse_to_go_without(project, parse_cell(CELL), plain)
    wheel = project.state / "packages" / ("3f2a91c0" * 4) / "mylib-0.1-py3-none-any.whl"
    write_atomically(wheel, [b""])
    lacks = f": add --with {re.escape(str(wheel))} --with x==2.0$"
    with pytest.raises(BadInput, match=lacks):
        refuse_to_go_without(project, parse_cell(CELL), plain)
    with pytest.raises(BadInput, match=r"with mylib 0.1 \(3f2a91c0\), which"):
        refuse_to_go_without(project, parse_cell(CELL), plain.needing((Need("x>1"),)))
    refuse_to_go_without(project, parse_cell(CELL), plain.needing((Need("", "/my/library"),)))
    refuse_to_go_without(project, parse_cell("0.57.0-cp310"), plain)


def test_a_build_of_somebodys_own_is_shown_with_what_runs_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = Cell("0.68.1+local", "3.13")
    project = read_project(tmp_path).of(local)
    lock = lock_path(project.locks, local.release)
    copy = project.locks / ("ab" * 8) / "numba-0.68.1-cp313-cp313-linux_x86_64.whl"
    write_atomically(copy, [b""])
    place = "/home/me/my numba/bin/python"
    for text, option, what in (
        (f"# {'ab' * 32}\nnumba @ x\n", f"--numba {copy}", f"{copy.name} ({'ab' * 8})"),
        (f"# in place: {place}\n# {'cd' * 32}\n", f"--numba-python '{place}'", f"({'cd' * 8})"),
        (f"# {'ef' * 32}\nnumba @ x\n", "--numba WHEEL", f"a wheel ({'ef' * 8})"),
    ):
        write_atomically(lock, text)
        kept(project, cell(local.id, hit("cache/self_lazy")))
        assert show(Show(state=tmp_path, square=(local.id, "cache/self_lazy"))) == 0
        said = " ".join(capsys.readouterr().out.replace("\\\n", "").split())
        assert f"-- {option} --probe cache/self_lazy" in said
        assert what in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("0.68.1-cp313",), "CELL PROBE: such as"),
        (("0.68.1-cp313", "cache/self_lazy", "warm"), "CELL PROBE: such as"),
        (("0.68.1-cp313", "cache/self_lasy"), "did you mean 'cache/self_lazy'"),
        (("0.68.9-cp313", "cache/self_lazy"), "no such release"),
        (("minors", "cache/self_lazy"), "cells .*; name one"),
        (("cache/self_lazy", "0.68.1-cp313"), "matches no cell"),
    ],
)
def test_a_square_is_one_cell_and_one_probe(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        show(Show(state=tmp_path, square=words))


def test_under_a_patch_of_somebodys_own_it_is_shown_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = observations(tmp_path / "observations", print)
    store.save(cell("0.68.1-cp313", hit("cache/self_lazy@mine")))
    assert show(Show(state=tmp_path, square=("0.68.1-cp313", "cache/self_lazy@mine"))) == 0
    said = capsys.readouterr().out
    assert "under a patch of somebody's own" in said
    assert "cache/self_lazy@mine in 0.68.1-cp313: hit" in said
    store.save(cell("0.68.1-cp313", hit("cache/anybodys@remedy")))
    assert show(Show(state=tmp_path, square=("0.68.1-cp313", "cache/anybodys@remedy"))) == 0
    assert "under the remedy, as it was when" in capsys.readouterr().out
