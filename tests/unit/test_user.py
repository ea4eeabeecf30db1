"""What runs in a user's environment, as far as it needs no Numba: the command, a cache's names."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from matrix.project import read_project
from matrix.user import console, pipe
from matrix.user.check import command, poisoned, watch
from matrix.user.explain import example, sentences
from tests.cells.driving import ROOT, posix_only

OPEN = b".numba.unresolved$"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_ZN13even_odd_lazy11is_even$241Ex", "even_odd_lazy.is_even"),  # 0.48
        ("_ZN13even_odd_lazy7is_evenB2v1B38c8tJTIeFIjxB2IKSgI4CrvQ_3dEx", "even_odd_lazy.is_even"),
        ("_ZN3lib4make12_3clocals_3e6f_ab24Ex", "lib.make.<locals>.f_ab24"),
        ("of_another_make", "of_another_make"),
        ("", "a function"),
    ],
)
def test_a_symbol_is_named_after_its_function(symbol: str, name: str) -> None:
    assert poisoned.demangled(symbol) == name


@pytest.mark.parametrize(
    ("file", "function", "line"),
    [
        ("pkg.mod.fact-12.py311.1.nbc", "pkg.mod.fact", 12),
        ("fact-12.py38.10.nbc", "fact", 12),
        ("mod.make.locals.fact-3.py36m.1.nbc", "mod.make.locals.fact", 3),
        ("guf-mod.row-3.py313.1.nbc", "mod.row", 3),
        ("odd.nbc", "odd.nbc", None),
    ],
)
def test_a_file_of_a_cache_names_a_function(file: str, function: str, line: int | None) -> None:
    assert poisoned.named(file) == {"function": function, "line": line}


def index(folder: Path, function: str, *names: str) -> None:
    """Write a function's index, which refers to these data files."""
    held = (("stamp", 1), dict(enumerate(names)))
    text = pickle.dumps("0.68.1") + pickle.dumps(held)
    (folder / f"{function}-1.py311.nbi").write_bytes(text)


def test_only_files_that_hold_an_open_symbol_are_poisoned(tmp_path: Path) -> None:
    for name, code in {
        "a.fact-1.py311.1.nbc": 2 * (OPEN + b"_ZN1a4factEx\x00"),
        "a.plain-1.py311.1.nbc": b"numba.recursion$_ZN1a5plainEx",
    }.items():
        (tmp_path / name).write_bytes(pickle.dumps(code))
        index(tmp_path, name.partition("-")[0], name)
    (tmp_path / "c.fact-1.py311.nbi").write_bytes(pickle.dumps("0.68.1") + pickle.dumps(OPEN))
    below = tmp_path / "below"
    below.mkdir()
    (below / "b.fact-1.py311.1.nbc").write_bytes(pickle.dumps(OPEN))
    index(below, "b.fact", "b.fact-1.py311.1.nbc")
    found = poisoned.search(str(tmp_path))
    assert found.files == 7
    assert not any((found.damaged, found.unread, found.unreferred))
    assert [(one["function"], one["calls"]) for one in found.poisoned] == [
        ("a.fact", ["a.fact"]),
        ("b.fact", ["a function"]),
    ]


def test_what_no_index_refers_to_is_loaded_by_nobody_and_counted_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # As the remedy leaves a folder that it took over: its own name is in the index, not the other.
    ours, old, damaged = (f"a.fact-1.py311{end}.nbc" for end in (".remedy.1", ".1", ".11"))
    (tmp_path / ours).write_bytes(pickle.dumps(b""))
    (tmp_path / old).write_bytes(pickle.dumps(OPEN))
    (tmp_path / damaged).write_bytes(pickle.dumps(b"code")[:-2])
    index(tmp_path, "a.fact", old, ours)
    assert poisoned.main(str(tmp_path)) == 1  # as long as it is referred to
    assert "1 of 3 files have a call" in capsys.readouterr().out
    index(tmp_path, "a.fact", ours)
    assert poisoned.main(str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert "0 of 2 files have a call" in said
    assert "2 more, which no index refers to, no process loads: left unsearched" in said
    assert poisoned.main(str(tmp_path), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["unreferred"] == [str(tmp_path / old), str(tmp_path / damaged)]
    # What an index that is not whole refers to is not known.
    whole = (tmp_path / "a.fact-1.py311.nbi").read_bytes()
    (tmp_path / "a.fact-1.py311.nbi").write_bytes(whole[:-1])
    assert poisoned.main(str(tmp_path)) == 1
    assert f"{old}: a.fact, line 1 calls" in capsys.readouterr().out


@posix_only
def test_what_is_no_file_to_read_is_named_or_left_and_the_search_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{letter}.fact-1.py311.1.nbc" for letter in "abcd"]
    index(tmp_path, "all", *names)
    (tmp_path / names[0]).symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / names[1])
    (tmp_path / names[2]).write_bytes(pickle.dumps(b""))
    assert poisoned.main(str(tmp_path)) == 0
    (tmp_path / names[3]).symlink_to(names[3])  # to itself
    assert poisoned.main(str(tmp_path)) == 2
    (tmp_path / names[2]).write_bytes(pickle.dumps(OPEN))
    assert poisoned.main(str(tmp_path)) == 1
    said = capsys.readouterr().out
    assert "a.fact-1.py311.1.nbc: not searched: No such file" in said
    assert "0 of 2 files have a call" in said


@pytest.mark.parametrize("protocol", [2, 4, pickle.HIGHEST_PROTOCOL])
def test_a_file_that_is_not_whole_is_damaged_and_is_not_loaded(
    tmp_path: Path, protocol: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code = pickle.dumps(("bytes", (range(9), b"code." * 900)), protocol)
    index = pickle.dumps("0.68.1", protocol) + pickle.dumps({"key": "a-1.py311.1.nbc"}, protocol)
    whole = {"a-1.py311.1.nbc": code, "a-1.py311.nbi": index}
    for name, content in whole.items():
        for size in {0, 1, 100, len(content) // 2, len(content) - 1} - {len(content)}:
            for other, as_it_was in whole.items():
                (tmp_path / other).write_bytes(as_it_was)
            assert poisoned.main(str(tmp_path)) == 0
            (tmp_path / name).write_bytes(content[:size])
            if size < len(content):
                assert poisoned.main(str(tmp_path)) == 1, size
                said = capsys.readouterr().out
                assert f"{tmp_path / name}: damaged: " in said
                assert "1 is damaged" in said
    # A version alone, as an index that is cut between its two pickles, and a length that is none.
    for content in (pickle.dumps("0.68.1", protocol), b"\x8e" + (2**62).to_bytes(8, "little")):
        (tmp_path / "a-1.py311.nbi").write_bytes(content)
        assert poisoned.main(str(tmp_path)) == 1


def test_every_example_is_a_pair_of_probes_of_the_map() -> None:
    pairs = [("cache", pair) for pair in example.EXAMPLES.values()]
    pairs += [("aot", pair) for pair in example.EXPORTED.values()]
    for carrier, pair in pairs:
        for name in pair:
            assert (ROOT / "probes" / carrier / f"{name}.py").exists()
            lines = list(sentences.program(f"{carrier}/{name}"))
            assert any(line.startswith("def run(") for line in lines)
            assert not [line for line in lines if line.startswith(("import ", "from ", '"""'))]


def test_every_example_is_a_hazard_of_the_claims_and_a_workaround_of_it() -> None:
    claims = read_project(ROOT / ".matrix").claims
    assert claims is not None
    for hazard, safe in example.EXAMPLES.values():
        assert f"cache/{safe}" in claims[f"cache/{hazard}"].workarounds
    for hazard, safe in example.EXPORTED.values():
        assert f"aot/{safe}" in claims[f"aot/{hazard}"].workarounds


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), ([], 2), (["chek"], 2)])
def test_the_command_says_what_there_is(
    words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.main(words) == status
    said = "".join(capsys.readouterr())
    assert "usage: numba-matrix COMMAND" in said
    assert ("did you mean check?" in said) == (words == ["chek"])


def test_an_error_is_told_by_its_first_paragraph_bounded_and_wrapped() -> None:
    failed = "Failed in nopython mode pipeline (step: nopython frontend)\n"
    told = f"TypingError: {failed}{failed}Untyped global name 'f':\nno type.\n\nFile 'a.py'\n"
    assert sentences.brief(told) == "TypingError: Untyped global name 'f': no type."
    long = sentences.brief("TypingError: " + 300 * "word ")
    assert long.endswith("word ...")
    raised = dict(command.NOTHING, file="a.py", function=None, status=2, verdict="not known")
    raised["calls"] = [{"call": "f(1)", "raised": "TypingError: " + 300 * "word "}]
    lines = list(command.said(raised))
    assert len(lines) > 2
    assert max(map(len, lines)) <= 100
    assert " ".join(" ".join(lines).split()).count("word") == long.count("word")


def test_what_is_stored_twice_is_said_once() -> None:
    one = {
        "name": "row", "signature": "int64", "error": None, "unread": None, "survives": False,
        "open": True, "loaded_by": "the next process", "calls_loaded": False,
    }  # fmt: skip
    facts = dict(command.NOTHING, file="a.py", function=None, status=1, verdict="unsafe")
    lines = list(command.said(dict(facts, stored=[one, one])))
    assert lines == ["a.py: unsafe", "  cached    row(int64): ends the next process"]


@pytest.mark.parametrize("call", ["fact(5", "x = 1", "", "fact(1) 2"])
def test_a_call_that_is_none_is_a_word_that_is_wrong(
    tmp_path: Path, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.py").touch()
    with pytest.raises(SystemExit) as ended:
        command.answered([str(tmp_path / "a.py"), "--call", call])
    assert ended.value.code == 2
    assert f"error: --call {call!r} is no call, such as 'fact(10, 1)': " in capsys.readouterr().err


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert console.main(["--version"]) == 0
    assert capsys.readouterr().out == f"numba-matrix {settings['project']['version']}\n"


@pytest.mark.parametrize("kind", ["AttributeError", "ImportError"])
@pytest.mark.parametrize(
    "command",
    [(ROOT / "matrix" / "user", "check"), (ROOT / "matrix" / "user", "remedy"),
     ("-m", "matrix.remedy")],
)  # fmt: skip
def test_a_numba_that_raises_when_it_is_imported_is_one_message(
    tmp_path: Path, command: tuple[Path | str, ...], kind: str
) -> None:
    (tmp_path / "a.py").touch()
    broken = tmp_path / "broken" / "numba"
    broken.mkdir(parents=True)
    said = "module 'numpy' has no attribute 'long'"
    (broken / "__init__.py").write_text(f"raise {kind}({said!r})\n")
    ended = subprocess.run(
        [sys.executable, *map(str, command), "a.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": f"{broken.parent}{os.pathsep}{ROOT}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2, told
    why = f"{kind}: {said}"
    assert f"Numba is installed, and cannot be imported by {sys.executable}: {why}" in told
    assert "Traceback" not in told
    assert "ended early" not in told


def test_where_there_is_no_numba_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.importlib.util, "find_spec", lambda _: None)
    told = watch.unimportable(ModuleNotFoundError("No module named 'numba'"))
    assert told.startswith(f"{sys.executable} has no Numba: run this command in")


USERS = [sys.executable, str(ROOT / "matrix" / "user")]
DRIVER = [sys.executable, "-m", "matrix"]
SAYING = {
    "check": [*USERS, "check", "absent.py"],
    "check --json": [*USERS, "check", "--json", "absent.py"],
    "check --cache": [*USERS, "check", "--cache", "caches"],
    "--version": [*USERS, "--version"],
    "remedy --help": [*USERS, "remedy", "--help"],
    "in a line": [*DRIVER, "diff", "reference", "reference"],
    "in a file": [*DRIVER, "diff", "reference", "reference", "--format", "json"],
    "a report": [*DRIVER, "reference", "--check"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with something to say of."""
    (tmp_path / "caches").mkdir()
    (tmp_path / "caches" / "a.plain-1.py311.1.nbc").write_bytes(pickle.dumps(b""))
    return tmp_path


def ended(
    command: list[str], folder: Path, stdout: int, stderr: int = subprocess.PIPE
) -> tuple[int, str]:
    """Run a command in a folder with these streams; return its status and what it complained of."""
    done = subprocess.run(
        command, cwd=folder, stdout=stdout, stderr=stderr, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
    )  # fmt: skip
    return done.returncode, done.stderr


@posix_only
@pytest.mark.parametrize("command", SAYING.values(), ids=SAYING)
def test_whose_reader_has_gone_ends_as_a_program_in_a_pipe_does(
    command: list[str], folder: Path
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        assert ended(command, folder, theirs) == (141, "")
        assert ended(command, folder, theirs, subprocess.STDOUT)[0] == 141
    finally:
        os.close(theirs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", [SAYING["check"], SAYING["a report"], SAYING["in a file"]])
def test_what_finds_no_room_is_one_message_and_no_answer(command: list[str], folder: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        status, told = ended(command, folder, full.fileno())
    assert (status, told) == (2, "error: [Errno 28] No space left on device\n")


def test_another_pipe_that_breaks_is_an_error_like_any() -> None:
    def write_to_its_own() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        pipe.while_read(write_to_its_own)


@pytest.mark.parametrize("words", [["absent.py"], []])
def test_the_remedy_by_its_own_name_says_what_cannot_be_begun(
    words: list[str], folder: Path
) -> None:
    status, told = ended([sys.executable, "-m", "matrix.remedy", *words], folder, subprocess.PIPE)
    assert status == 2
    assert told
