"""The query: it answers what the reference says, and takes a specifier for what packaging does."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from matrix.judge.reference.file import read
from matrix.model.cell import parse_cell
from matrix.model.outcome import GOOD, Outcome
from matrix.project import DATA
from matrix.user.ask import Unanswerable
from matrix.user.ask.command import main
from matrix.user.ask.question import OUTCOMES
from matrix.user.ask.releases import contains

ROOT = Path(__file__).parents[2]
USER = ROOT / "matrix" / "user"
ASK = USER / "ask"
COMMAND = [sys.executable, str(USER), "ask"]
SET = json.loads((DATA / "ask.json").read_text(encoding="utf-8"))
PROGRAMS = [program for name, program in SET["programs"].items() if "@" not in name]
FOUND = read(DATA / "reference.json")
assert FOUND is not None
REFERENCE = FOUND
NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
CLAUSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", " "]),
    st.sampled_from(["==", "!=", ">=", "<=", "<", ">", "~=", "===", "="]),
    st.sampled_from(["", " "]),
    NUMBERS,
    st.sampled_from(["", "", ".*"]),
)

Capture = pytest.CaptureFixture[str]


def answer(capsys: Capture, *words: str) -> tuple[int, dict[str, Any]]:
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def refusal(capsys: Capture, *words: str) -> str:
    assert main(list(words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("error: ")
    return told.err


@pytest.mark.parametrize("word", ["absent.py", "pkg/mine.py::fact"])
def test_of_a_file_it_is_said_what_reads_it(capsys: Capture, word: str) -> None:
    told = refusal(capsys, word, "--numba", "0.61")
    assert f"{word} is a file, and nothing of yours is read here: numba-matrix check {word}" in told


@given(st.lists(CLAUSES, max_size=3).map(",".join), NUMBERS)
def test_a_specifier_means_what_packaging_takes_it_for(specifier: str, release: str) -> None:
    try:
        meant: bool | None = SpecifierSet(specifier).contains(release)
    except InvalidSpecifier:
        meant = None
    try:
        found: bool | None = contains(specifier, release)
    except Unanswerable:
        found = None
    # `===` compares text: who asks for releases does not mean that.
    assert found == (None if "===" in specifier else meant)


def test_every_sign_means_what_packaging_takes_it_for_right_at_the_boundary() -> None:
    versions = [".".join(map(str, parts)) for n in (1, 2, 3) for parts in product((0, 1), repeat=n)]
    for sign, version, wild in product(
        ("==", "!=", ">=", "<=", "<", ">", "~="), versions, ("", ".*")
    ):
        try:
            meant = SpecifierSet(f"{sign}{version}{wild}")
        except InvalidSpecifier:
            continue
        for release in versions:
            assert contains(str(meant), release) == meant.contains(release), (meant, release)


@given(NUMBERS, NUMBERS)
def test_a_release_line_stands_for_its_releases(line: str, release: str) -> None:
    assert contains(line, release) == SpecifierSet(f"=={line}.*").contains(release)


@pytest.mark.parametrize("word", ["latest", ">=", "0.57,", "0.57.x", "==0.57rc1", ">=0.5.*", "~=1"])
def test_what_is_no_specifier_is_refused_with_one_that_is(word: str, capsys: Capture) -> None:
    told = refusal(capsys, "literal seed", "--numba", word)
    assert f"--numba {word!r} is no specifier; one looks like '>=0.57,<0.60'" in told


@pytest.mark.parametrize("program", [program["id"] for program in PROGRAMS])
def test_every_answer_is_what_the_reference_says(program: str, capsys: Capture) -> None:
    did = REFERENCE.results()[program]
    releases = list(dict.fromkeys(parse_cell(cell).release for cell in did))
    unsafe = {parse_cell(cell).release for cell, r in did.items() if r.outcome not in GOOD}
    if program == "cache/runaway_lazy":  # that it is refused is what is promised
        unsafe = set()
    last = max((releases.index(release) for release in unsafe), default=-1)
    for specifier in ("", "<0.54", ">=0.57", "0.60"):
        asked = [release for release in releases if contains(specifier, release)]
        status, told = answer(capsys, program, "--numba", specifier)
        assert told["safe"] == (not unsafe & set(asked))
        assert status == (0 if told["safe"] else 1)
        assert told["programs"][0]["id"] == program
        assert told["programs"][0]["safe_from"] == next(iter(releases[last + 1 :]), None)
        assert told["releases"] == asked
        words = {
            (seen["outcome"], r) for seen in told["programs"][0]["on"] for r in seen["releases"]
        }
        assert words == {
            (str(result.outcome), parse_cell(cell).release)
            for cell, result in did.items()
            if parse_cell(cell).release in asked
        }


def test_a_python_narrows_the_answer(capsys: Capture) -> None:
    did = REFERENCE.results()["cache/closure_lazy"]
    for python in ("3.7", "3.8"):
        _, told = answer(capsys, "closure", "--numba", "0.51.0", "--python", python)
        (seen,) = told["programs"][0]["on"]
        assert seen["outcome"] == did[f"0.51.0-cp{python.replace('.', '')}"].outcome
    _, told = answer(capsys, "closure", "--numba", "0.51.0")
    assert {tuple(seen["pythons"]) for seen in told["programs"][0]["on"]} == {
        ("3.6", "3.7"),
        ("3.8",),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 99999,
        "\ud800",
        '{"schema":1,"cells":[7]}',
        '{"schema":1,"cells":["0.48.0-cp38"],"programs":{"a":{}}}',
    ],
)
def test_a_file_that_is_no_data_set_is_refused(text: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "ask.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert str(path) in refusal(capsys, "closure", "--data", str(path))


@pytest.mark.parametrize(
    "question",
    ["literal seed", "literal_seed", "Literal Seed", "hazard-literal-seed", "fact(n, 1)",
     "fact(n,1)", "return fact( n , 1 )", "seed called", "literal_seed_called"],
)  # fmt: skip
def test_a_shape_is_found_by_its_name_by_a_program_and_by_code(
    question: str, capsys: Capture
) -> None:
    status, told = answer(capsys, question, "--numba", ">=0.55")
    assert told["shape"] == "literal seed"
    assert status == 1
    assert "cache/literal_seed_called" in [program["id"] for program in told["programs"]]
    assert any("np.int64(1)" in program["source"] for program in told["instead"])
    assert told["programs"][0]["issue"].startswith("https://github.com/numba/numba/issues/")


def test_the_answer_in_words_names_all_there_is_to_know(capsys: Capture) -> None:
    assert main(["literal seed", "--numba", ">=0.55,!=0.56.2"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("literal seed, cache=True: not safe on Numba 0.55.0 - 0.56.0, 0.56.3 - ")
    for words in (
        "safe from: never",
        "crashed in warm (SIGSEGV)",
        "thread: https://",
        "write instead, as in cache/literal_seed_np_int64_called",
        "fact(n, np.int64(1))",
        "nothing is known",
    ):
        assert words in told
    # It may have changed since the reference was made: then nothing is known of it.
    cured = "cache/literal_seed_called@remedy" in SET["programs"]
    remedy = "  under the remedy (matrix/user/remedy.py; remedy.install() before the first call)"
    assert (f"{remedy}: safe on 0.55.0 - 0.56.0, 0.56.3 - " in told) == cured
    assert main(["cache/self_lazy"]) == 0
    assert capsys.readouterr().out.startswith("self, cache=True: safe on Numba 0.48.0 - ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["literl seed"], "did you mean literal seed"),
        (["qqqq"], "nothing here matches 'qqqq'; shapes: ackermann, "),
        (["("], "names nothing"),
        ([], "WORDS"),
        (["closure", "--fesh"], "--fesh"),
        (["closure", "--numba", ">=9"], "of later ones nothing is known"),
        (["closure", "--python", "3.15"], "nothing was looked at on Python 3.15; there are 3.6"),
        (["closure", "--numba", "0.48", "--python", "3.9"], "on Python 3.9 is in '0.48'"),
        (["closure", "--data", "/nowhere.json"], "/nowhere.json cannot be read"),
        (["closure", "--data", str(ASK / "command.py")], "cannot be read"),
        (["closure", "--data", str(DATA / "reference.json")], "no data set"),
        (["\x1b[2J\x07closure\n::error::"], r"\x1b[2J\x07closure\n::error::"),
    ],
)
def test_what_cannot_be_answered_is_one_message(
    words: list[str], says: str, capsys: Capture
) -> None:
    assert says in refusal(capsys, *words)


def test_a_shape_is_told_by_its_plainest_program(capsys: Capture) -> None:
    assert main(["return k if k < 2 else f(k-1) + f(k-2)"]) == 2
    says = SET["programs"]["cache/closure_lazy"]["says"]
    assert f"  closure: {says}\n" in capsys.readouterr().err
    assert main(["SIGSEGV"]) == 2
    lazy = SET["programs"]["cache/ackermann_lazy"]["says"]
    assert f"  ackermann: {lazy}\n" in capsys.readouterr().err


def offered(capsys: Capture, *words: str) -> tuple[str, list[str]]:
    assert main(list(words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    first, *offers = told.err.splitlines()
    assert all(re.fullmatch(r"  [a-z ]+: \S.*", offer) for offer in offers)
    return first, [offer.partition(":")[0].strip() for offer in offers]


@pytest.mark.parametrize(
    ("question", "shapes"),
    [
        ("literal", {"literal bool", "literal seed"}),
        ("return n if n < 2 else fib(n-1) + fib(n-2)", {"closure", "self"}),
        ("return k if k < 2 else f(k-1) + f(k-2)", {"closure", "self"}),
        ("fib(n - 1) + fib(n - 2)", {"self", "closure"}),
        ("f(n - 1, 1)", {"ackermann", "literal seed"}),
        ("walk(n, 0, True)", {"literal bool", "literal seed"}),
        ("f(x, 1.0)", {"literal seed"}),
        ("segfault on second run", {"literal seed", "even odd"}),
        ("SIGSEGV", {"literal seed", "even odd"}),
        ("recursive function with default argument", {"default"}),
        ("undefined symbol: .numba.unresolved", {"ackermann", "even odd"}),
    ],
)
def test_all_that_may_be_meant_is_offered(question: str, shapes: set[str], capsys: Capture) -> None:
    _, offers = offered(capsys, question)
    assert shapes <= set(offers)
    assert len(offers) == len(set(offers)) < len(SET["shapes"])


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("def g(k): return k if k in (0, 1) else g(k - 1) + g(k - 2)", "self"),
        ("return 0 if y < 1 else 1 + f(y / 2)", "promoted"),
    ],
)
def test_names_and_words_that_say_nothing_do_not_matter(
    question: str, shape: str, capsys: Capture
) -> None:
    assert answer(capsys, question)[1]["shape"] == shape


def test_another_structure_is_not_taken_for_it(capsys: Capture) -> None:
    assert "nothing here matches" in refusal(capsys, "def g(k): return h(k, g) ** h(h)")
    said, _ = offered(capsys, "f(x, 1.0)")
    assert "but for the kind of a literal" in said


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("f(n, True)", "literal bool"),
        ("walk(n, m, False)", "literal bool"),
        ("has_parity(n, False)", "literal bool"),  # as a workaround has it, with a signature
        ("total += f(n, odd=True)", "literal bool"),
        ("f(n, True", "literal bool"),
        ("power(n, 1)", "literal seed"),
        ("fact(m, -1)", "literal seed"),
        ("x = f(a, b, c, 0)", "literal seed"),
    ],
)
def test_a_call_that_hands_a_literal_on_is_of_the_literals_shape_whatever_it_calls(
    question: str, shape: str, capsys: Capture
) -> None:
    status, told = answer(capsys, question, "--numba", ">=0.52")
    assert (status, told["shape"]) == (1, shape)
    assert told["programs"][0]["on"][-1]["outcome"] == "crashed"
    # Only 0.52 and later know Literal[bool]; code that may be another program is not called safe.
    first, offers = offered(capsys, "f(n, True)", "--numba", "0.51")
    assert (offers, "too little to call it safe" in first) == (["literal bool"], True)


@pytest.mark.parametrize(
    ("question", "shapes"),
    [
        ("has_parity(n - 1, not odd)", ["even odd", "literal bool"]),
        ("def even(n): return has_parity(n, False)", ["even odd", "literal bool"]),
        ("def has_parity(n, odd):", ["even odd"]),
        # Compiled for one signature it is safe, called with a literal it is not.
        (
            "def parity(n, odd):\n if n == 0:\n  return not odd\n return parity(n - 1, not odd)",
            ["even odd", "literal bool"],
        ),
        ("fact(n, np.int64(1))", ["default", "literal seed"]),
        ("fib(20)", ["literal seed"]),
        ("1 + length_from(text, i + 1)", ["strings"]),
        ("return 0 if n < 1 else 1 + count_down(n - 1)", ["prange index"]),
        ("a string handed down", ["strings"]),
        ("comparison in its place", ["literal bool"]),
    ],
)
def test_what_may_be_another_program_is_never_called_safe(
    question: str, shapes: list[str], capsys: Capture
) -> None:
    for words in ([], ["--numba", ">=0.52"], ["--carrier", "cache"]):
        if words[:1] == ["--carrier"] and question.startswith("def even"):
            continue  # no cached program has that
        offers = offered(capsys, question, *words)[1]
        assert set(offers) <= set(shapes)
        assert offers == shapes or "--carrier" in words


def test_a_fragment_of_any_program_is_called_safe_of_none(capsys: Capture) -> None:
    lines = {line.strip() for program in PROGRAMS for line in program["source"].splitlines()}
    texts = sorted(text for text in lines if re.match(r"(return|yield)\b.*\w\(", text))
    assert len(texts) > 50
    for text in texts[::3]:
        status = main([text, "--json"])
        told = capsys.readouterr().out
        if status != 2:
            assert status == 1, text
            assert not any(carrier["safe"] for carrier in json.loads(told)["carriers"]), text


@pytest.mark.parametrize(
    ("question", "shapes"),
    [
        ("def f(n): return f(n-1)", ["runaway"]),
        ("@njit(cache=True)\ndef f(n): return 1 if n < 1 else 2 * f(n - 1)", ["self"]),
        ("def f(n): return 1 if n < 1 else n * f(n - 1)", ["self"]),
        ("def f(n, acc=1): return acc if n < 1 else f(n - 1, acc + n)", ["default"]),
        ("def f(x): return 0 if x < 1 else f(x / 3)", ["promoted"]),
        ("def f(a): return 0 if a.size < 1 else f(a[::2])", ["layout", "shrinking tuple"]),
        ("def f(n, m): return n if m < 1 else f(n + m, 0)", ["ackermann", "literal seed"]),
        ("def f(n):\n if n > 0:\n  yield n\n  yield from f(n - 2)", ["generator"]),
        ("def f(n): return 0 if n < 1 else g(n)\ndef g(n): return f(n - 1)", ["even odd"]),
        ("def main(n): return walk(n, 0, True) * 3", ["literal bool", "literal seed"]),
    ],
)
def test_code_that_no_program_here_is_is_told_by_what_is_in_it(
    question: str, shapes: list[str], capsys: Capture
) -> None:
    first, offers = offered(capsys, question)
    assert "whatever the names" in first
    assert offers == shapes


def test_a_whole_recursion_is_answered_as_itself_and_not_as_a_part_of_others(
    capsys: Capture,
) -> None:
    fib = "def f(k): return k if k < 2 else f(k - 1) + f(k - 2)"
    status, told = answer(capsys, fib, "--carrier", "cache")
    assert (status, told["shape"]) == (0, "self")
    signed = "@njit('boolean(int64, boolean)')\ndef parity(n, odd):\n if n == 0:\n  return not odd"
    signed += "\n return parity(n - 1, not odd)"
    assert answer(capsys, signed, "--numba", ">=0.52")[0] == 0


def test_plain_recursion_is_offered_before_what_has_more(capsys: Capture) -> None:
    assert offered(capsys, "fib(n - 1) + fib(n - 2)")[1] == ["self", "closure", "generator"]


def test_a_program_that_is_written_as_it_should_be_is_not_told_for_its_shape(
    capsys: Capture,
) -> None:
    assert main(["even odd folded", "--numba", ">=0.52"]) == 0
    assert capsys.readouterr().out.startswith("even odd as in cache/even_odd_folded_lazy, cache=")


def test_programs_that_the_data_set_was_not_made_of_are_named(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "ask.json"
    names = ["cache/brand_new_lazy", *(f"cache/new_{n}" for n in range(6))]
    path.write_text(json.dumps(SET | {"left_out": names}), encoding="utf-8")
    told = refusal(capsys, "cache/brand_new_lazy", "--data", str(path))
    assert "1 program of the suite is newer than this data set, or changed since" in told
    assert "not in it: cache/brand_new_lazy;" in told
    assert "7 programs of the suite are newer" in refusal(capsys, "qqqq", "--data", str(path))
    assert main(["self", "--data", str(path)]) == 1
    assert capsys.readouterr().out.endswith("new_2, cache/new_3, ....\n")


def test_each_carrier_has_its_own_answer(capsys: Capture) -> None:
    status, told = answer(capsys, "self", "--numba", "0.61")
    assert status == 1
    assert [(c["carrier"], c["safe"], c["safe_from"]) for c in told["carriers"]] == [
        ("cache", True, "0.48.0"),
        ("aot", False, None),
    ]
    listed = {p["id"] for p in told["programs"] + told["instead"]}
    assert listed == {p["id"] for p in PROGRAMS if p["shape"] == "self"}
    for words in (["self", "cache"], ["self", "--carrier", "cache"]):
        status, told = answer(capsys, *words)
        assert (status, [c["carrier"] for c in told["carriers"]]) == (0, ["cache"])
    assert answer(capsys, "self aot")[0] == 1
    main(["plain"])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("plain, cache=True: safe on Numba 0.48.0 - ")
    assert said[1].startswith("plain, ahead of time: not safe on Numba 0.51.0 - 0.51.2; safe on")
    assert said[1].endswith("; safe from: 0.52.0")


def test_a_promised_refusal_is_as_it_should_be(capsys: Capture) -> None:
    assert main(["runaway"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("runaway, cache=True: refused, as it must be, on Numba 0.48.0 - ")
    assert "not safe" not in said


def test_a_program_under_a_patch_can_be_asked_for(capsys: Capture) -> None:
    named = next(name for name in SET["programs"] if name.endswith("@remedy"))
    assert answer(capsys, named)[1]["programs"][0]["id"] == named


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_answer_that_cannot_be_written_is_one_message() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run([*COMMAND, "self"], check=False, stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"error: the answer cannot be written: ")
    assert ran.stderr.count(b"\n") == 1


def test_help_is_no_error(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    assert "numba-matrix ask" in capsys.readouterr().out


def test_what_a_data_set_holds_is_shown_as_text(tmp_path: Path, capsys: Capture) -> None:
    hostile = json.loads(json.dumps(SET))
    program = hostile["programs"]["cache/self_lazy"]
    program["says"] = "\x1b]0;mine\x07 \u202e"
    program["did"][0]["detail"] = "\x1b[31m"
    path = tmp_path / "ask.json"
    path.write_text(json.dumps(hostile), encoding="utf-8")
    main(["cache/self_lazy", "--data", str(path)])
    told = capsys.readouterr().out
    assert all(line.isprintable() for line in told.splitlines())
    assert r"\x1b]0;mine\x07 \u202e" in told


def test_a_data_set_of_tomorrow_is_refused(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "ask.json"
    path.write_text(json.dumps(SET | {"schema": 2}), encoding="utf-8")
    assert "no data set of schema 1" in refusal(capsys, "closure", "--data", str(path))


def test_it_is_python_3_6_and_answers_with_nothing_installed() -> None:
    for path in ASK.glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    loaded = "import sys; before = set(sys.modules); sys.argv[0] = ''; import runpy\n"
    loaded += "sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
    loaded += f"runpy.run_path({str(USER / '__main__.py')!r})['load']()\n"
    loaded += "from numba_matrix.user.ask.command import main\n"
    loaded += "status = main(['literal seed', '--numba', '>=0.57'])\n"
    loaded += "assert status == 1, status\n"
    loaded += "names = {n.partition('.')[0] for n in set(sys.modules) - before}\n"
    loaded += "known = {'numba_matrix', *sys.stdlib_module_names}\n"
    loaded += "assert names <= known, names - known\n"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", loaded], check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "not safe" in ran.stdout


def test_whoever_reads_may_have_seen_enough() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        ran = subprocess.run([*COMMAND, "self"], check=False, stdout=writes, stderr=subprocess.PIPE)
    finally:
        os.close(writes)
    assert ran.stderr == b""
    assert ran.returncode == 1


def test_a_square_has_the_reason_of_its_place_and_not_that_of_what_is_promised(
    capsys: Capture,
) -> None:
    reason = "because modules built by 0.51 import Numba (numba#6177)"
    assert main(["plain", "aot", "--numba", "0.51"]) == 1
    told = capsys.readouterr().out
    assert f"  not safe on 0.51.0 - 0.51.2: raised in load (ImportError), {reason}\n" in told
    assert "why: " not in told
    assert main(["plain", "aot", "--numba", ">=0.50"]) == 1
    assert "  why it is safe elsewhere: exporting a function" in capsys.readouterr().out
    _, seen = answer(capsys, "plain", "aot")
    assert [one["why"] != "" for one in seen["programs"][0]["on"]] == [False, True, False]


def test_where_no_way_round_is_safe_that_is_said_in_place_of_what_to_write(
    capsys: Capture,
) -> None:
    assert main(["literal seed", "aot", "--numba", "0.51"]) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[1] == "ahead of time: nothing here is safe on 0.51.0 - 0.51.2"
    assert "write instead" not in told
    assert "no way round on these releases either, aot/literal_seed_np_int64_helper:" in told
    for shape, releases in (("literal seed", ">=0.52"), ("self", "")):
        main([shape, "cache", "--numba", releases])
        assert "nothing here is safe" not in capsys.readouterr().out
    _, seen = answer(capsys, "literal seed", "aot")
    assert seen["carriers"][0]["no_way"] == ["0.51.0", "0.51.1", "0.51.2"]


def doing(outcome: str, releases: str = "", carrier: str = "") -> set[str]:
    """Return the titles of the shapes of which a program does that."""
    return {
        SET["shapes"][SET["programs"][name]["shape"]]["title"]
        for name, did in REFERENCE.results().items()
        if "@" not in name and name.startswith(carrier)
        for cell, result in did.items()
        if result.outcome == outcome and contains(releases, parse_cell(cell).release)
    }


@pytest.mark.parametrize("outcome", [str(outcome) for outcome in Outcome])
def test_the_word_of_an_outcome_lists_what_does_it(outcome: str, capsys: Capture) -> None:
    assert outcome in OUTCOMES
    for releases in ("", "0.50"):
        done = doing(outcome, releases)
        words = [outcome.replace("_", " "), *(["--numba", releases] if releases else [])]
        if not doing(outcome):
            assert "is what no program here does" in refusal(capsys, *words)
            continue
        first, offers = offered(capsys, *words)
        assert set(offers) == (done or doing(outcome))
        assert ("is not seen on the releases" in first) == (not done)


def test_a_symptom_is_one_of_the_releases_and_the_carrier_that_are_asked_about(
    capsys: Capture,
) -> None:
    everywhere, later = (
        set(offered(capsys, "SIGSEGV", *words)[1]) for words in ([], ["--numba", "0.61"])
    )
    assert everywhere - later == {"environment", "unreached", "prange index"}
    assert later < everywhere
    first, offers = offered(capsys, "SIGABRT", "--numba", "0.50")
    assert "'SIGABRT' is not seen on the releases, Pythons and carrier" in first
    assert "swapped" in offers
    assert "is not seen" in offered(capsys, "SIGSEGV", "aot")[0]


@pytest.mark.parametrize(
    "named",
    ["6061", "#6061", "numba#6061", "numba/numba#6061", "issue 6061", "Numba #6061",
     "https://github.com/numba/numba/issues/6061",
     "https://github.com/numba/numba/issues/6061#issuecomment-1"],
)  # fmt: skip
def test_a_thread_lists_the_shapes_that_it_is_about(named: str, capsys: Capture) -> None:
    first, offers = offered(capsys, named)
    about = {p["shape"] for p in PROGRAMS if p["issue"].endswith("/6061")}
    assert set(offers) == {SET["shapes"][shape]["title"] for shape in about}
    assert first == f"error: numba#6061 is the thread of {len(about)} shapes; name one of them:"


def test_a_thread_of_one_shape_is_answered_and_one_of_none_is_refused(capsys: Capture) -> None:
    status, told = answer(capsys, "numba#3632")
    assert (status, told["shape"]) == (1, "self")
    assert [program["id"] for program in told["programs"]] == ["aot/self_helper_unjitted"]
    assert "nothing here is claimed of numba#9999" in refusal(capsys, "#9999")
    assert "is not seen" in offered(capsys, "6061", "--carrier", "aot")[0]
    assert "plain" in offered(capsys, "numba#6177")[1]


@pytest.mark.parametrize("question", ["recursion", "x = 3", "pass", "return n", "my function"])
def test_what_every_shape_shares_is_no_answer(question: str, capsys: Capture) -> None:
    first, offers = offered(capsys, question)
    assert "tells no shape from another" in first
    assert {"self", "even odd", "literal seed"} < set(offers)
    assert "recursion two specialisations" not in offers


def test_a_bit_of_a_source_is_no_answer(capsys: Capture) -> None:
    for question in ("x * 0.5", "factor * n", "ran_before"):
        first, offers = offered(capsys, question)
        assert "tells too little" in first
        assert offers


@pytest.mark.parametrize(
    ("question", "shapes"),
    [
        ("self.fact(n, 1)", ["literal seed"]),
        ("return n * self.fact(n, 1)", ["literal seed"]),
        ("cls.walk(n, True)", ["literal bool"]),
        ("def fact(self, n): return 1 if n < 2 else n * self.fact(n - 1)", ["self"]),
    ],
)
def test_a_method_is_for_check_to_look_at(
    question: str, shapes: list[str], capsys: Capture
) -> None:
    first, offers = offered(capsys, question)
    assert "calls a method" in first
    assert "have numba-matrix check look at your code" in first
    assert offers == shapes
    assert offered(capsys, question) == (first, offers)  # what was read is as it was


def test_a_form_that_is_safe_does_not_make_its_shape_safe(capsys: Capture) -> None:
    assert main(["literal seed lazy"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("literal seed as in cache/literal_seed_lazy, cache=True: safe on")
    assert "(of no other form of literal seed: there are hazards among those)" in told
    assert main(["literal seed"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("literal seed, cache=True: not safe")
    assert "of no other form" not in told
    for program in PROGRAMS:
        main([program["id"]])
        headline = capsys.readouterr().out.splitlines()[0]
        kin = [p for p in PROGRAMS if p["shape"] == program["shape"] and p["hazard"]]
        others = [p for p in kin if p["carrier"] == program["carrier"] and p is not program]
        assert (f" as in {program['id']}, " in headline) == bool(others)


def test_the_plainest_recursion_of_a_shape_stands_before_what_only_compiles_again(
    capsys: Capture,
) -> None:
    _, told = answer(capsys, "default", "--numba", "<0.55")
    ids = [program["id"] for program in told["programs"]]
    assert ids[0] == "cache/default_omitted_lazy"
    assert "cache/default_float_lazy" in ids[1:]


@pytest.mark.parametrize(
    ("asked", "releases"),
    [
        ("0.61.0 - 0.61.2", ["0.61.0", "0.61.2"]),
        ("0.61.0 \u2013 0.61.2", ["0.61.0", "0.61.2"]),
        ("0.61.0-0.61.2", ["0.61.0", "0.61.2"]),
        ("0.61 .. 0.62", ["0.61.0", "0.61.2", "0.62.0", "0.62.1"]),
        ("0.61.0 .. 0.62.0 (2 of 3)", ["0.61.0", "0.61.2", "0.62.0"]),
        ("0.61 0.62.1", ["0.61.0", "0.61.2", "0.62.1"]),
        ("0.61, 0.62.1", ["0.61.0", "0.61.2", "0.62.1"]),
        ("0.61.2,0.62.1", ["0.61.2", "0.62.1"]),
        ("0.59.0, 0.61.0 - 0.61.2, 0.62.1", ["0.59.0", "0.61.0", "0.61.2", "0.62.1"]),
        (">=0.61, <0.62 0.63.0", ["0.61.0", "0.61.2", "0.63.0"]),
        (" >= 0.61 , != 0.61.0, < 0.62", ["0.61.2"]),
    ],
)
def test_releases_are_taken_as_they_are_printed_and_as_the_page_takes_them(
    asked: str, releases: list[str], capsys: Capture
) -> None:
    assert answer(capsys, "closure", "--numba", asked)[1]["releases"] == releases


def test_every_range_that_an_answer_prints_can_be_asked_about(capsys: Capture) -> None:
    for shape in ("closure", "literal bool", "plain"):
        main([shape, "--numba", "!=0.56.2"])
        told = capsys.readouterr().out
        printed = re.findall(r"on Numba ([^;]+);", told)
        assert len(printed) > 1
        for releases in printed:
            main([shape, "--numba", releases])
            assert f" on Numba {releases}; safe from" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["0.61 -", "0.61 - x", "0.61 .. .. 0.62", "latest 0.61", "- 0.61"])
def test_half_a_range_is_refused(word: str, capsys: Capture) -> None:
    assert "is no specifier" in refusal(capsys, "closure", f"--numba={word}")
