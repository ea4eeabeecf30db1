"""What is said below a square that fails of an open symbol, by what its record holds."""

from __future__ import annotations

import base64
import json
import re
import zipfile
import zlib
from pathlib import Path

import msgspec
import pytest

from matrix.judge.judge import judge
from matrix.model.outcome import result_of
from matrix.model.record import Dispatcher, Package, ProbeRecord, Specialisation
from matrix.packages.wheels import parameters
from matrix.report.findings import Findings, findings
from matrix.report.lines.causes import ASK, ELSEWHERE, called, cause
from matrix.report.lines.failures import failures
from matrix.report.lines.kinds import kind_of, split
from matrix.report.lines.markdown import report
from matrix.report.page.page import page
from matrix.user.explain import advice, example
from tests.unit.records import cell, failing, hit, phase, probe
from tests.unit.wide import ROOT

# As they were seen on 0.68.1: the function that is called by the open symbol, and of each
# dispatcher the specialisations, with a star where such a call is in their code.
SEEN = {
    "ackermann_lazy": ("ack", {"ack": ["*int64, Literal[int](1)", "*int64, int64"]}),
    "cycle_of_three_lazy": ("red", {"green": ["*int64"], "red": ["*int64"], "yellow": ["*int64"]}),
    "default_omitted_lazy": (
        "fact",
        {"fact": ["int64, int64", "*int64, omitted(default=1)"]},
    ),
    "even_odd_called": (
        "is_even",
        {"count_even": ["*UniTuple(int64 x 3)"], "is_even": ["*int64"], "is_odd": ["*int64"]},
    ),
    "even_odd_lazy": ("is_even", {"is_even": ["*int64"], "is_odd": ["*int64"]}),
    "growing_tuple_lazy": (
        "weave",
        {"weave": ["UniTuple(int64 x 3), int64", "*UniTuple(int64 x 2), int64",
                   "*UniTuple(int64 x 1), int64"]},
    ),
    "layout_lazy": (
        "alternating",
        {"alternating": ["array(int64, 1d, A)", "*array(int64, 1d, C)"]},
    ),
    "literal_bool_called": (
        "best",
        {"best": ["UniTuple(int64 x 8), int64, bool",
                  "*UniTuple(int64 x 8), int64, Literal[bool](True)"],
         "minimax": ["*UniTuple(int64 x 8), int64"]},
    ),
    "literal_seed_called": (
        "fact",
        {"fact": ["int64, int64", "*int64, Literal[int](1)"], "factorial": ["*int64"]},
    ),
    "narrow_unsigned_called": (
        "root",
        {"root": ["array(uint64, 1d, C), uint64", "*array(uint64, 1d, C), uint32"],
         "root_of": ["*array(uint64, 1d, C), uint32"]},
    ),
    "prange_index_parallel": (
        "count_down",
        {"count_all": ["*int64"], "count_down": ["int64", "*uint64"]},
    ),
    "promoted_lazy": ("halvings", {"halvings": ["float64", "*int64"]}),
    "shrinking_tuple_lazy": (
        "dot",
        {"dot": ["Tuple(), Tuple()", "*UniTuple(int64 x 1), UniTuple(int64 x 1)"]},
    ),
}  # fmt: skip
# What shows it best where that is another program.
SHOWN_BY = {"even_odd_called": "even_odd_lazy"}


def crashing(name: str, *, called: str, seen: dict[str, list[str]]) -> ProbeRecord:
    """Return the record of a probe whose second process dies of what the first left open."""
    dispatchers = tuple(
        Dispatcher(one, tuple(Specialisation(s.lstrip("*"), s[0] == "*") for s in signatures))
        for one, signatures in seen.items()
    )
    symbol = f"_ZN{len(name)}{name}{len(called)}{called}B2v2B38c8tJTIeFIjxEx"
    return probe(
        f"cache/{name}",
        phase("interpreted"),
        phase("cold", unresolved=(symbol,), dispatchers=dispatchers),
        failing("warm", "crashed", signal="SIGSEGV", exit=-11),
    )


def source(name: str) -> str:
    return (ROOT / "probes" / "cache" / f"{name}.py").read_text("utf-8")


def said(name: str, text: str | None = None) -> tuple[str, ...]:
    function, seen = SEEN[name]
    record = crashing(name, called=function, seen=seen)
    return cause(record, result_of(record), source(name) if text is None else text)


@pytest.mark.parametrize("name", SEEN)
def test_each_hazard_of_the_map_is_told_by_its_record(name: str) -> None:
    because, change, same = said(name)
    assert because.startswith(f"because a call of {SEEN[name][0]} is left open: ")
    assert change.startswith("change: ")
    hazard, _, workaround = same.removeprefix("same cause as ").partition("; passes: ")
    assert hazard == f"cache/{SHOWN_BY.get(name, name)}"
    assert (ROOT / "probes" / f"{workaround}.py").is_file()


def test_what_differs_is_named() -> None:
    assert said("promoted_lazy")[0].endswith("`x` turns from int64 into float64 on the way")
    assert said("even_odd_called")[0].endswith("a cycle has 2 functions: is_even, is_odd")


# What a record holds of `step(n, x)` and what is to be said of it, as `check` would; after it
# whether the map's programs are named, which differ in their first call.
TYPED = {
    "wider": (["*int64, int64", "int64, float64"],
              "cast `x` to float64 before the first call", True),
    "narrower": (["*int64, float64", "int64, int64"],
                 "in step's own call, cast `x` back to float64; a signature does not help", False),
    "to and fro": (["*int64, float64", "*int64, int64"], "pass `x` with one type at every", False),
    "each of a kind": (["*int8, float64", "*int64, float32"],
                       "cast `n` to int64 and `x` to float64 in every call, in step's own", False),
    "which of three": (["*int64, int8", "*int64, float32", "int64, float64"],
                       "pass `x` with one type at every", False),
    "a default, and what is passed then": (
        ["*int64, omitted(default=1)", "*int64, int64", "int64, float64"],
        "pass `x` in every call, as np.float64(...)", True),
    "a default, and what goes round": (
        ["*int64, omitted(default=1)", "*int64, int64", "*int64, float64"],
        "pass `x` with one type at every", False),
    "a default, of whatever is called beside": (
        ["*int64, omitted(default=1)", "int64, int64", "int32, int64"],
        "pass `x` in every call, as np.int64(...)", True),
    "a literal": (["*int64, Literal[int](1)", "*int64, float64"],
                  "where the literal `x` is passed, write np.float64(...) around it", True),
    "a flag": (["*int64, Literal[bool](True)", "int64, bool"],
               "where `x` is passed, pass the result of a comparison in place of True", True),
    "a default": (["*int64, omitted(default=1)", "int64, int64"],
                  "pass `x` in every call, as np.int64(...)", True),
    "a default and a literal": (["*int64, omitted(default=1)", "*int64, Literal[int](2)"],
                                "pass `x` as np.int64(...) in every call", False),
    "a default that is text": (["*int64, omitted(default='a')", "int64, unicode_type"],
                               "pass `x` in every call, as str(...)", True),
    "a default of None": (["*int64, omitted(default=None)", "int64, int64"],
                          "give `x` a default of the type that is passed, int64", False),
    "no default that a text tells": (["*int64, omitted(default=<object>)", "int64, int64"],
                                     "pass `x` with one type at every", False),
    "no numbers": (["*int64, array(int64, 1d, C)", "int64, float64"],
                   "pass `x` with one type at every", False),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED)
def test_the_change_is_told_by_the_types_and_no_more_than_is_known(case: str) -> None:
    signatures, wanted, shown = TYPED[case]
    record = crashing("step_lazy", called="step", seen={"step": signatures})
    text = "from numba import njit\n\n\ndef step(n, x):\n    return step(n - 1, x)\n"
    because, *more = cause(record, result_of(record), text)
    assert because.startswith("because a call of step is left open: ")
    assert more[0].startswith(f"change: {wanted}"), more
    assert [line.startswith("same cause as cache/") for line in more[1:]] == [True] * shown


def test_of_a_librarys_functions_that_is_said_which_can_be_no_other() -> None:
    assert said("ackermann_lazy", "from library import ack\n") == (
        f"because a call of ack is left open; {ASK}",
    )
    because, change, same = said("promoted_lazy", "from library import halvings\n")
    assert because.endswith("left open: `argument 1` turns from int64 into float64 on the way")
    assert change.startswith("change: cast `argument 1` to float64 before the first call")
    assert same == "same cause as cache/promoted_lazy; passes: cache/promoted_cast_lazy"
    cycle_elsewhere = said("even_odd_lazy", "from library import is_even, is_odd\n")
    assert cycle_elsewhere[0].endswith(f"left open: a cycle goes through {ELSEWHERE}")
    # Two functions that call each other: that one of them also has two types is not why.
    other = "\n\ndef other(x):\n    return halvings(x)\n"
    cycle = source("promoted_lazy").replace("1 + halvings(", "1 + other(") + other
    assert "a cycle has 2 functions: halvings, other" in said("promoted_lazy", cycle)[0]


def test_of_what_fails_otherwise_or_does_well_nothing_is_said() -> None:
    good = hit("cache/promoted_lazy")
    assert cause(good, result_of(good), source("promoted_lazy")) == ()
    function, seen = SEEN["promoted_lazy"]
    whole = crashing("promoted_lazy", called=function, seen=seen)
    closed = msgspec.structs.replace(
        whole, phases=(whole.phases[0], phase("cold"), whole.phases[2])
    )
    assert cause(closed, result_of(closed), source("promoted_lazy")) == ()


def test_the_arguments_of_a_library_are_called_as_in_its_wheel(tmp_path: Path) -> None:
    digest = "3f2a91c0" * 4
    path = tmp_path / digest / "mylib-0.1-py3-none-any.whl"
    path.parent.mkdir()
    defined = "def halvings(width):\n    return 1\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mylib/__init__.py", f"{defined}def twice(a):\n  0\ndef twice(b):\n  0\n")
        wheel.writestr("mylib/inside.py", "def far(x, /, y):\n    return 1\n")
        wheel.writestr("mylib/newer.py", "def f(:\n")
    packages = [Package("mylib", "0.1", digest[:16]), Package("numpy", "2.0")]
    taken = parameters(packages, tmp_path)
    assert taken == {"mylib.halvings": ("width",), "mylib.inside.far": ("x", "y")}
    record = crashing("mylib", called="halvings", seen=SEEN["promoted_lazy"][1])
    told = cause(record, result_of(record), "", taken)
    assert "`width` turns from int64 into float64" in told[0]
    assert "`argument 1` turns from" in cause(record, result_of(record), "")[0]
    more = {"mylib.halvings": ("width", "other")}  # of another function than was compiled
    assert cause(record, result_of(record), "", more)[0].endswith(f"is left open; {ASK}")
    assert parameters(packages, tmp_path / "nowhere") == {}


def test_functions_are_called_as_in_the_source() -> None:
    assert called("_ZN20default_omitted_lazy4factB2v3B38c8tExx") == "fact"
    assert called("_ZN20default_omitted_lazy8fact$243Exx") == "fact"
    assert called("_ZN20default_omitted_lazy8fact_243Exx") == "fact"
    assert called("what is this") == ""


def test_types_are_told_apart_by_their_names() -> None:
    assert split("Tuple(int64, float64), int64") == ["Tuple(int64, float64)", "int64"]
    assert kind_of("array(float32, 1d, C)", "array(float64, 1d, C)") == "width"
    assert kind_of("array(float64, 2d, C)", "array(float64, 1d, C)") == "dimensions"
    assert kind_of("readonly array(float64, 1d, C)", "array(float64, 1d, C)") == "readonly"
    assert kind_of("bool", "int64") == "promoted"
    assert kind_of("OptionalType(int64)", "int64") == "optional"
    assert kind_of("unicode_type", "int64") == "type"


def found(*, own: bool) -> Findings:
    """Return the findings about one failing probe of a user's, or of the suite's."""
    function, seen = SEEN["promoted_lazy"]
    record = cell("0.68.1-cp313", crashing("promoted_lazy", called=function, seen=seen))
    probes = ["cache/promoted_lazy"]
    verdict = judge([record], probes, None, "exec")
    made = findings([record], probes, verdict, "exec", ["0.68.1"])
    sources = {probes[0]: source("promoted_lazy")}
    return msgspec.structs.replace(made, own=own, sources=sources)


def test_it_stands_in_every_report_of_a_users_own_probes() -> None:
    line = "same cause as cache/promoted_lazy; passes: cache/promoted_cast_lazy"
    (failure,) = failures(found(own=True))
    assert line in failure.more
    assert "same cause as cache/promoted_lazy" in report(found(own=True))
    assert line not in failures(found(own=False))[0].more
    (evidence,) = re.findall(r'id="ev-\d+">([^<]+)<', page(found(own=True), "exec", {}))
    told = json.loads(zlib.decompress(base64.b64decode(evidence)))
    assert line in told["said"]["0.68.1-cp313"]


def test_what_is_exported_is_not_told_to_leave_its_cache() -> None:
    words = {"function": "is_even"}
    cached, exported = (
        example.change("functions, two", "functions", words, exported=kind)
        for kind in (False, True)
    )
    assert "without cache=True" in cached
    assert "cache=True" not in exported
    calls = [advice.Call("f", ["x"], [], [], exported=kind) for kind in (False, True)]
    cached, exported = (advice.general("`x`", call) for call in calls)
    assert "leave it and all that call it without cache=True, or run the program" in cached
    assert "with a stack of its own, or build the module under the remedy" in exported
