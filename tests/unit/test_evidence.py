"""Values and texts from a probe, made plain and free of the machine they were seen on."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import in_cell

evidence = in_cell.load("evidence")

HIDDEN = [("/tmp/x/scratch", "<scratch>"), ("/tmp/x", "<tmp>"), ("/home/me", "<home>")]  # noqa: S108
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()) | st.floats(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Array:
    """Stands for what NumPy gives: something of module numpy that has `tolist`."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain

    def tolist(self) -> Any:
        """Return the Python object in it."""
        return self.plain


Array.__module__ = "numpy"


@given(VALUES)
def test_whatever_json_can_hold_survives_json(value: Any) -> None:
    plain = evidence.plain_value(value)
    text = json.dumps(plain, allow_nan=False).encode("ascii")
    assert json.loads(text) == plain
    # What reads it in the driver takes UTF-8 only, so that no lone surrogate may be left.
    json.dumps(plain, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (float("nan"), {"float": "nan"}),
        (float("inf"), {"float": "inf"}),
        (-float("inf"), {"float": "-inf"}),
        ((1, [2.5, None]), [1, [2.5, None]]),
        ({"a": (True, "x")}, {"a": [True, "x"]}),
        (Array(3), 3),
        (Array([1.0, float("nan")]), [1.0, {"float": "nan"}]),
        ([Array([1, 2]), {"x": Array(None)}], [[1, 2], {"x": None}]),
        (10**40, 10**40),
        ("a\udc80b", "a\\udc80b"),
        ({"\ud800": 1}, {"\\ud800": 1}),
    ],
)
def test_values_are_made_plain(value: Any, plain: Any) -> None:
    made = evidence.plain_value(value)
    assert made == plain
    assert type(made) is type(plain)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "run() returned set, which JSON cannot hold"),
        ([1, {"a": b"x"}], "run()[1]['a'] returned bytes, which JSON cannot hold"),
        ({1: 2}, "run() returned dict, which JSON cannot hold"),
        (1j, "run() returned complex, which JSON cannot hold"),
        (Array([1j]), "run()[0] returned complex, which JSON cannot hold"),
        pytest.param(
            [10**5000], "run()[0] returned int of 16610 bits, which JSON cannot hold", id="huge"
        ),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(value: Any, says: str) -> None:
    with pytest.raises(TypeError) as refused:
        evidence.plain_value(value)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("at /tmp/x/scratch/a.py, /tmp/x/b", "at <scratch>/a.py, <tmp>/b"),
        ("/home/me/lib", "<home>/lib"),
        ("<function f at 0x7f3a5c0d1e50>", "<function f at 0x...>"),
        ("0xff is no address", "0xff is no address"),
        ("in pycc-build-plain-k3_9x2ab/plain.o", "in pycc-build-plain-.../plain.o"),
        ("/scratch/tmpabcd1234/x", "/scratch/tmp.../x"),
        ("the template is there", "the template is there"),
        ("numba.unresolved$_ZN1p3fibB2v1B38c8tJE", "numba.unresolved$_ZN1p3fibBv#B38c8tJE"),
        ("numba.unresolved$_ZN1p3fibB3v12B38c8tJE", "numba.unresolved$_ZN1p3fibBv#B38c8tJE"),
        ("_ZN19literal_seed_helper8fact$244Exx", "_ZN19literal_seed_helper8fact$#Exx"),
        ("p::fib$12.int64", "p::fib$#.int64"),
        ("_ZN1p7fib_241E", "_ZN1p7fib_24#E"),
        ("a lone \udcff", "a lone \\udcff"),
    ],
)
def test_text_is_freed_of_places_addresses_and_counters(text: str, normal: str) -> None:
    assert evidence.normalise(text, HIDDEN) == normal


@given(st.text())
def test_a_text_that_is_normal_stays_as_it_is(text: str) -> None:
    once = evidence.normalise(text, HIDDEN)
    assert evidence.normalise(once, HIDDEN) == once


def test_the_longest_place_is_hidden_first(tmp_path: os.PathLike[str]) -> None:
    found = evidence.places(os.path.join(tmp_path, "scratch"))  # noqa: PTH118
    lengths = [len(path) for path, _ in found]
    assert lengths == sorted(lengths, reverse=True)
    assert dict(found)[os.path.join(tmp_path, "scratch")] == "<scratch>"  # noqa: PTH118


@given(st.text(min_size=0, max_size=300), st.integers(2, 100))
def test_a_bounded_text_keeps_both_ends(text: str, limit: int) -> None:
    bounded = evidence.bounded(text, limit)
    if len(text) <= limit:
        assert bounded == text
        return
    half = limit // 2
    assert bounded.startswith(text[:half])
    assert bounded.endswith(text[-half:])
    assert f"[... {len(text) - 2 * half} characters left out ...]" in bounded


PLACES = [("/x/scratch", "<scratch>"), ("/real/scratch", "<scratch>"), ("/home/me", "<home>")]
SHOWN: list[tuple[Any, Any]] = [
    ("/x/scratch/p.py and /home/me", "<scratch>/p.py and <home>"),
    ("/real/scratch/p.py", "<also scratch>/p.py"),
    ({"/home/me/x": ["/home/me"]}, {"<home>/x": ["<home>"]}),
    ("/home/melanie and /srv/home/me", "/home/melanie and /srv/home/me"),
    ("<home>, <literal:home>, <out>", "<literal:home>, <literal:literal:home>, <out>"),
    ("<literal:/home/me", "<literal:<home>"),
    (1.5, 1.5),
]


@pytest.mark.parametrize(("value", "shown"), SHOWN)
def test_of_a_value_only_places_of_this_machine_are_named(value: Any, shown: Any) -> None:
    assert evidence.without_places(value, PLACES) == shown


PARTS = [*(path for path, _ in PLACES), "<", ">", "literal:", "also ", "home", "scratch", "/", "a"]
TEXTS = st.lists(st.sampled_from(PARTS)).map("".join)


@given(TEXTS, TEXTS)
def test_values_that_differ_still_differ_once_places_are_named(one: str, other: str) -> None:
    named = [evidence.without_places(text, PLACES) for text in (one, other)]
    assert (named[0] == named[1]) == (one == other)


def test_a_value_has_a_depth_and_a_size_beyond_which_it_is_refused() -> None:
    deep: Any = 0
    for _ in range(evidence.DEEPEST):
        deep = [deep]
    assert evidence.shown(deep, PLACES) == deep
    with pytest.raises(ValueError, match="nested deeper than 64"):
        evidence.shown([deep], PLACES)
    large = "x" * (evidence.LARGEST_VALUE - 2)
    assert evidence.shown(large, PLACES) == large
    with pytest.raises(ValueError, match="return a part, or a digest"):
        evidence.shown(large + "x", PLACES)
