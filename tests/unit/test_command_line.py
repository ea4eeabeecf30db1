"""The words after `--`: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.errors import BadInput
from matrix.model.files import ROOT
from matrix.options import Audit, Run
from matrix.parser import parse
from matrix.select.machine import default_isolation


def refusal(*words: str) -> str:
    with pytest.raises(BadInput) as refused:
        parse(words)
    return str(refused.value)


def test_nothing_asked_for_is_the_default_matrix() -> None:
    options = parse(["run"])
    assert options.selectors == ()
    assert options.state == ROOT / ".matrix"
    assert options.isolation == default_isolation()
    assert not options.fresh
    assert not options.strict
    assert options.download_python == "never"


def test_every_option_of_a_run_is_understood(tmp_path: Path) -> None:
    words = f"run seed cp311 --probe cache/* --probe aot/* --probes {tmp_path}/mine --state"
    words += f" {tmp_path}/state --isolation exec --timeout 2.5 --jobs 3 --download-python auto"
    assert parse([*words.split(), "--fresh", "--strict", "--pre", "--prune"]) == Run(
        selectors=("seed", "cp311"),
        probe=("cache/*", "aot/*"),
        probes=tmp_path / "mine",
        state=tmp_path / "state",
        isolation="exec",
        timeout=2.5,
        jobs=3,
        download_python="auto",
        fresh=True,
        strict=True,
        pre=True,
        prune=True,
    )


@pytest.mark.parametrize(
    "words",
    ["seed --fresh 0.57 >=0.60", "--fresh seed 0.57 >=0.60", "seed 0.57 >=0.60 --fresh"],
)
def test_selectors_and_options_come_in_any_order(words: str) -> None:
    options = parse(["run", *words.split()])
    assert options.selectors == ("seed", "0.57", ">=0.60")
    assert options.fresh


def test_a_path_is_meant_from_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse(["run", "--state", "here"]).state == tmp_path / "here"


def test_reporting_checking_and_locking_have_options_of_their_own() -> None:
    assert parse(["report", "seed", "--strict"]).strict
    assert parse(["audit"]) == Audit()
    assert parse(["lock", "--check", "--pre"]).check


@pytest.mark.parametrize("command", ["show", "debug"])
def test_one_square_is_asked_for_and_no_more(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert " CELL PROBE positional arguments: CELL PROBE a cell, and a probe" in said


PATHS = ("state", "envdir", "probes", "summary")


def test_an_empty_word_after_an_option_is_as_if_the_option_was_not_given() -> None:
    words = [word for name in PATHS for word in (f"--{name}", "")]
    assert parse(["run", *words]) == parse(["run"])
    assert parse(["plan", "--output", "", "--platform", ""]) == parse(["plan"])


@pytest.mark.parametrize("command", ["merge", "diff"])
def test_an_empty_word_is_no_folder_and_no_file(command: str) -> None:
    with pytest.raises(BadInput, match=f"{command}: an empty word names no file or folder"):
        parse([command, ""])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --fesh", "did you mean '--fresh'?"),
        ("run --strict=1", "--strict"),
        ("run --iso fork", "did you mean '--isolation'?"),
        ("run --isolation frok", "invalid choice: 'frok'"),
        ("show --with . a b", "--with is of nox -s matrix, nox -s bisect, "),
        ("report --fresh", "--fresh is of nox -s matrix, "),
        ("claims --probes tests --with . 0.68", "it takes neither cells nor --with: it claims all"),
        ("claims 0.68", "it takes neither cells nor --with: it claims all that is stored"),
        ("claims --sta", "did you mean '--state'?"),
        ("run --timeout 0", "'0' is not a number of seconds above 0"),
        ("run --timeout -1", "'-1' is not a number of seconds above 0"),
        ("run --timeout nan", "'nan' is not a number of seconds above 0"),
        ("run --timeout inf", "'inf' is not a number of seconds above 0"),
        ("run --timeout soon", "'soon' is not a number of seconds above 0"),
        ("run --jobs 0", "'0' is not a whole number above 0"),
        ("run --jobs 1.5", "'1.5' is not a whole number above 0"),
        ("run --probe", "--probe"),
        ("run --download-python sometimes", "invalid choice: 'sometimes'"),
        ("rum", "invalid choice: 'rum'"),
        ("", "COMMAND|command"),
    ],
)
def test_a_word_that_means_nothing_is_refused_in_one_line(words: str, says: str) -> None:
    refused = refusal(*words.split())
    assert any(word in refused for word in says.split("|"))
    assert "\n" not in refused


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["debug", "0.68.1-cp313", "cache/p", "--phase", "a\nb"], r"debug, phase: 'a\nb' holds"),
        (["run", "--probe", "a\n::error b"], r"run, probe: 'a\n::error b' holds"),
        (["show", "0.68.1-cp313", "a\u202eb"], r"show, square: 'a\u202eb' holds"),
        (["run", "--a\nb"], r"unrecognized arguments: --a\nb"),
        (["run", "sead\x1b"], r"run, selectors: 'sead\x1b' holds"),
    ],
)
def test_a_word_that_would_break_a_line_is_refused_in_one(words: list[str], says: str) -> None:
    refused = refusal(*words)
    assert says in refused
    assert refused.isprintable()


@pytest.mark.parametrize("words", [["--with", "x"], ["--as-of", "release"]])
def test_what_the_suites_own_probes_do_not_need_the_reference_does_not_take(
    words: list[str],
) -> None:
    assert f"{words[0]} is of nox -s matrix" in refusal("reference", *words)


@pytest.mark.parametrize("command", ["run", "overhead"])
def test_a_run_is_under_one_patch(command: str) -> None:
    assert parse([command, "--patch", "remedy"]).patch == "remedy"
    assert "--patch is given twice" in refusal(command, "--patch", "remedy", "--patch", "guard")


def test_a_folder_may_be_called_anything() -> None:
    assert parse(["run", "--state", "/a\rb"]).state == Path("/a\rb")
