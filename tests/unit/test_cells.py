"""A cell has one id, which can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import BadInput, nearest
from matrix.model.cell import Cell, parse_cell

NUMBER = st.integers(0, 99)


@given(NUMBER, NUMBER, NUMBER, st.sampled_from(["", "rc1", "b2"]), NUMBER)
def test_the_id_of_a_cell_names_it(
    major: int, minor: int, patch: int, suffix: str, python: int
) -> None:
    cell = Cell(f"{major}.{minor}.{patch}{suffix}", f"3.{python}")
    assert parse_cell(cell.id) == cell


def test_cells_are_sorted_by_number_and_not_by_letter() -> None:
    ids = ["0.57.0-cp38", "0.57.0-cp311", "0.57.1-cp38", "0.9.0-cp38", "0.57.0rc1-cp311"]
    assert sorted(ids, key=lambda text: parse_cell(text).key) == [
        "0.9.0-cp38",
        "0.57.0rc1-cp311",
        "0.57.0-cp38",
        "0.57.0-cp311",
        "0.57.1-cp38",
    ]


@pytest.mark.parametrize("text", ["", "0.57.0", "0.57.0-cp27", "0.57.0-py38", "x-cp38", "0.57-cp"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"ids look like 0\.57\.0-cp311"):
        parse_cell(text)


def test_a_hint_names_the_closest_word_or_some_of_the_valid_ones() -> None:
    words = [f"word{n}" for n in range(20)]
    assert nearest("wrod7", words) == "did you mean 'word7'?"
    assert nearest("zzz", words).startswith("valid are: word0, word1, word10")
    assert nearest("zzz", words).endswith(", ...")
    assert nearest("zzz", []) == "there is nothing valid to name"
