"""No absolute path of one machine is stored, or believed on another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.model.text import first_path, without_paths

PATHS = [
    ("/home/me/probe.py", "<elsewhere>/probe.py"),
    ("gcc: /usr/include/a.h:3: bad", "gcc: <elsewhere>/a.h:3: bad"),
    ('File "/opt/python/3.8/x.py", line 3', 'File "<elsewhere>/x.py", line 3'),
    ("PATH=/usr/bin:/usr/local/bin", "PATH=<elsewhere>/bin:<elsewhere>/bin"),
    (r"C:\Users\me\x.py is there", "<elsewhere>/x.py is there"),
    (r"'C:\\Users\\me\\x.py'", "'<elsewhere>/x.py'"),
    ("D:/a/project/x", "<elsewhere>/x"),
    (r"\\server\share\x", "<elsewhere>/x"),
    ("file:///home/me/x", "<elsewhere>/x"),
]

HARMLESS = [
    "<env>/lib/python3.8/site-packages/x.py",
    "../../probes/cache/x.py",
    "a/b/c",
    "1/2/3",
    "f(x)/g/h",
    "int64 / double",
    "/",
    "https://numba.readthedocs.io/en/stable/user/5minguide.html",
    r"one\ntwo\nthree",
    "x: y",
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([p for p, _ in PATHS]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(("text", "hidden"), PATHS)
def test_an_absolute_path_is_found_and_cut_down_to_its_last_part(text: str, hidden: str) -> None:
    assert (first_path(text) or "none") in text
    assert without_paths(text) == hidden


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_path_is_left_alone(text: str) -> None:
    assert first_path(text) is None
    assert without_paths(text) == text


def test_paths_are_found_in_keys_and_deep_inside() -> None:
    value = {"a": [1, {"/home/me/key": None}], "b": ("x", ["/home/me/item"])}
    assert first_path(value) == "/home/me/key"
    assert first_path({"b": value["b"]}) == "/home/me/item"
    assert without_paths(value) == {
        "a": [1, {"<elsewhere>/key": None}],
        "b": ["x", ["<elsewhere>/item"]],
    }


def test_what_a_probe_returned_is_spared() -> None:
    phase = {"name": "cold", "value": ["/right/road/answer"], "stdout": ""}
    assert first_path(phase) is None
    assert without_paths(phase) == phase


@given(anything)
def test_once_hidden_no_path_is_found(value: object) -> None:
    assert first_path(without_paths(value)) is None


@given(st.text(alphabet="aC:/\\.<> -~file", max_size=30))
def test_once_hidden_no_path_is_found_in_any_mixture(text: str) -> None:
    assert first_path(without_paths(text)) is None
