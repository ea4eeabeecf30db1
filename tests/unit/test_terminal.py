"""What the terminal shows: no wider than it is, as text, and only what is not as claimed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from matrix.errors import BadInput
from matrix.judge.changes import ranges
from matrix.judge.judge import judge
from matrix.model.cell import CellStatus
from matrix.model.text import log_line
from matrix.options import COMMANDS
from matrix.parser import parse
from matrix.report.findings import Findings, findings
from matrix.report.lines.failures import failures, missing
from matrix.report.lines.markdown import report
from matrix.report.lines.table import table
from matrix.report.page.page import page
from matrix.report.terminal import folded, say
from matrix.report.terminal.conclusion import conclusion
from matrix.user import console, suite
from tests.unit import records
from tests.unit.test_report import CLAIMS, MIXED, NOT_RUN, PROBES, claimed, found, hostile, usual

ROOT = Path(__file__).parents[2]
RELEASES = ("0.48.0", "0.49.0", "0.57.0", "0.60.0")


@given(st.text(), st.integers(20, 60))
def test_a_line_is_folded_to_the_width_there_is_and_nothing_is_lost(
    text: str, columns: int
) -> None:
    line = log_line(text)
    parts = list(folded(line, columns))
    assert all(cell_len(part) <= columns for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", line)


def test_what_is_folded_goes_on_further_in() -> None:
    assert list(folded("  one two three four five", 20)) == ["  one two three four", "    five"]
    assert list(folded("a" * 30, 20)) == ["a" * 20, "  " + "a" * 10]


@pytest.mark.parametrize(
    ("cells", "reads"),
    [
        (("0.48.0-cp38",), "0.48.0"),
        (("0.48.0-cp38", "0.57.0-cp38", "0.57.0-cp311"), "0.48.0 .. 0.57.0 (2 of 3)"),
        (("0.57.0-cp38", "0.57.0-cp311", "0.60.0-cp312"), "0.57.0 - 0.60.0"),
        (("0.48.0-cp38", "0.60.0-cp312"), "0.48.0, 0.60.0"),
        (("0.57.0-cp311", "0.60.0-cp312"), "0.57.0 [cp311], 0.60.0"),
    ],
)
def test_cells_are_told_as_ranges_that_hold_no_other_cell_looked_at(
    cells: tuple[str, ...], reads: str
) -> None:
    looked = ("0.60.0-cp312", "0.48.0-cp38", "0.57.0-cp311", "0.57.0-cp38")
    assert ranges(cells, looked, RELEASES) == reads


def test_what_fails_is_one_line_for_all_cells_that_do_the_same() -> None:
    made = claimed(
        usual("0.48.0-cp38"),
        *(
            records.cell(c, records.recompiled("cache/fib"))
            for c in ("0.57.0-cp38", "0.60.0-cp312")
        ),
    )
    lines = list(map(str, failures(made)))
    assert "cache/fib: 0.57.0 - 0.60.0 -> recompiled in warm (never)" in lines
    assert "cache/mutual: 0.57.0 - 0.60.0 -> it did not run" in lines


def test_without_a_failure_there_is_the_verdict_and_where_the_page_is(tmp_path: Path) -> None:
    lines = list(conclusion(claimed(usual("0.48.0-cp38")), tmp_path))
    assert lines == [
        "",
        "every claim holds: 4 probes in 1 cell",
        f"page: {tmp_path / 'index.html'}",
    ]


def test_what_was_seen_before_it_could_not_be_installed_is_told_as_that(tmp_path: Path) -> None:
    lacking = {"cache/fib": "no such package", "aot/helper": "no such package"}
    seen = msgspec.structs.replace(usual("0.48.0-cp38"), not_installable=lacking)
    said = "0.48.0-cp38 aot/helper and 1 more; since then not_installable, no such package"
    made = claimed(seen)
    lines = list(conclusion(made, tmp_path))
    assert lines[0] == f"AS SEEN BEFORE {said}"
    assert "every claim holds: 4 probes in 1 cell" in lines
    assert f"\n- {said}\n" in report(made)
    assert f"As seen before: {said}" in page(made, "exec", {})


def interrupted() -> Findings:
    """Return what is found where a run got to one of four probes in its last cell."""
    cells = (usual("0.48.0-cp38"), records.cell("0.57.0-cp311", usual("0.57.0-cp311").probes[0]))
    verdict = judge(cells, PROBES, CLAIMS, "exec", whole=False)
    return findings(cells, PROBES, verdict, "exec", RELEASES)


def one_of_four() -> Findings:
    """Return what is found in a cell in which one of four probes did well, and no other ran."""
    cells = (records.cell("0.48.0-cp38", usual("0.48.0-cp38").probes[0]),)
    verdict = judge(cells, PROBES, None, "exec", whole=False)
    return findings(cells, PROBES, verdict, "exec", RELEASES)


def nothing_looked_at() -> Findings:
    """Return what is found in a cell of which all that is stored is of what was there before."""
    cells = (records.cell("0.57.0-cp311"),)
    return findings(cells, (), judge(cells, (), CLAIMS, "exec", whole=False), "exec", RELEASES)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            interrupted(),
            "every claim that was looked at holds: 4 probes in 2 cells; 3 squares were not run",
        ),
        (
            msgspec.structs.replace(one_of_four(), own=True),
            "every probe that was looked at does well: 1 probe in 1 cell; 3 squares were not run",
        ),
        (
            nothing_looked_at(),
            "nothing was looked at: nothing is known of what was asked for in 1 cell",
        ),
    ],
)
def test_terminal_markdown_and_page_say_one_sentence(
    tmp_path: Path, found: Findings, says: str
) -> None:
    told = "\n".join(conclusion(found, tmp_path))
    begun = says[:1].upper() + says[1:]
    shown = page(found, "exec", {})
    assert f"\n{says}\n" in f"\n{told}\n"
    assert f"\n{begun}.\n" in report(found)
    assert f"{begun}." in shown
    for text in (told, report(found), shown.partition("<main>")[0].partition("<body>")[2]):
        assert text.lower().count("every claim") == says.count("every claim")
    assert ('<p class="verdict kept">✓ ' in shown) is found.judged


def test_the_whole_table_is_there_where_it_is_asked_for(tmp_path: Path) -> None:
    made = claimed(usual("0.48.0-cp38"))
    lines = list(conclusion(made, tmp_path, whole=True))
    assert lines[1:7] == table(made, 120).split("\n")


def test_a_wide_table_is_told_in_parts() -> None:
    made = found(*MIXED)
    whole, narrow = table(made, 200).split("\n"), table(made, 60).split("\n")
    assert max(map(len, narrow)) <= 60 < max(map(len, whole))
    assert [line.count("probe ") for line in narrow].count(1) == 2


def test_where_two_columns_have_no_room_each_history_is_told_once() -> None:
    made = found(*MIXED)
    told = table(made, 20)
    assert "|" not in told
    assert max(len(line) for line in told.split("\n") if " " in line.strip()) <= 20
    words = " ".join(told.split())
    for probe in made.probes:
        assert words.count(f"{probe}") == 1
        for span in made.spans[probe]:
            assert f"{span.releases}: {span}" in words


def test_a_table_of_many_parts_tells_what_stays_the_same_once() -> None:
    cells = [
        records.cell(f"0.{minor}.0-cp38", records.hit("cache/fib", n))
        for n, minor in enumerate(range(48, 58))
    ]
    still = [records.cell(c.cell, *c.probes, records.hit("cache/mutual", 1)) for c in cells]
    made = found(*still, probes=PROBES[:2])
    assert len(made.columns) > 9
    told = table(made, 40).split("\n")
    assert told.count("cache/mutual") == 1
    assert told[-1] == "  0.48.0 - 0.57.0: hit"
    assert "|" in table(made, 999)


def test_cells_that_did_not_run_for_one_reason_are_one_line() -> None:
    gone = [
        records.not_run(f"0.{n}.0-cp39", CellStatus.NO_INTERPRETER, "no CPython 3.9")
        for n in (48, 49, 57)
    ]
    told = list(missing(gone, found(*gone, NOT_RUN[1])))
    assert told == [("0.48.0 - 0.57.0", "no_interpreter, no CPython 3.9")]


def test_from_the_wheel_it_names_the_commands_that_are_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "`nox -s matrix` runs, nox -s show -- CELL PROBE shows, `nox -s lock` is a clone's"
    say(text)
    monkeypatch.setenv(suite.FRONT, "numba-matrix")
    say(text)
    with pytest.raises(BadInput, match="numba-matrix run: unrecognized arguments: --prob"):
        parse(["run", "--prob"])
    assert capsys.readouterr().out.splitlines() == [
        text,
        "`numba-matrix run` runs, numba-matrix show CELL PROBE shows, `nox -s lock` is a clone's",
    ]


@pytest.mark.parametrize("command", [c for c in console.DRIVER if c != "run"])
def test_what_the_wheel_knows_of_the_driver_is_there(command: str) -> None:
    assert command in COMMANDS


def test_hostile_text_reaches_the_terminal_as_text(tmp_path: Path) -> None:
    made = claimed(*hostile())
    for line in conclusion(made, tmp_path, whole=True):
        assert log_line(line).isprintable()


SAYS = (
    "from matrix.report.terminal import say, complain;"
    "say('cache/p: 0.57.0 - 0.60.0 \\x1b[31m \\u202e' + ' word' * 40);"
    "complain('x ' * 60, 'bold red')"
)


def on_a_terminal(columns: int, **environment: str) -> str:
    """Return what SAYS shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", SAYS], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env=env | {"TERM": "xterm"} | environment,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # how Linux says that nobody holds the other end any more
        pass
    os.close(ours)
    assert process.wait() == 0
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    said = re.sub(r"\x1b\[[\d;]*m", "", on_a_terminal(columns))
    lines = said.split("\n")
    assert columns - 10 < max(map(len, lines)) <= columns
    assert "\\x1b[31m \\u202e" in said.replace("\n  ", " ")


def test_colour_is_for_terminals_that_want_it() -> None:
    assert "\x1b[1;31m" in on_a_terminal(80)
    assert "\x1b[" not in re.sub(r"\x1b\[[01]?m", "", on_a_terminal(80, NO_COLOR="1"))
    command = [sys.executable, "-c", SAYS]
    piped = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout + piped.stderr
    assert piped.stdout.count(b"\n") == piped.stderr.count(b"\n") == 1
