"""A selection is a set of cells: laws that hold for any releases, and the words of the manual."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from matrix.errors import BadInput
from matrix.model.cell import Cell, CellStatus
from matrix.select.releases import Platform, Release, load
from matrix.select.selection import Catalogue, Selection, select, split_words

HERE = "linux-x86_64"
PYTHONS = ("3.6", "3.8", "3.9", "3.11", "3.13")
VERSIONS = ("0.48.0", "0.49.0", "0.49.1", "0.57.0", "0.57.1", "0.60.0", "0.61.0rc1", "0.61.0")
REAL = load(Path(__file__).parents[2] / "matrix" / "data" / "releases.toml")
EIGHT = frozenset(f"3.{minor}" for minor in range(6, 14))


def release(version: str, *pythons: str) -> Release:
    wheels = {Platform.LINUX_X86_64: pythons} if pythons else {}
    return Release(version, dt.date(2020, 1, 1), wheels)


SMALL = Catalogue(
    (
        release("0.48.0", "3.6", "3.8"),
        release("0.49.0", "3.8"),
        release("0.49.1", "3.8", "3.9"),
        release("0.57.0", "3.9", "3.11"),
        release("0.57.1", "3.9", "3.11"),
        release("0.60.0", "3.11", "3.13"),
        release("0.61.0rc1", "3.13"),
    ),
    HERE,
    frozenset({"3.8", "3.9", "3.11"}),
)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Any releases with any wheels, on a machine with any interpreters."""
    served = st.lists(st.sampled_from(PYTHONS), unique=True).map(sorted)
    versions = draw(st.lists(st.sampled_from(VERSIONS), unique=True, min_size=1))
    releases = [release(v, *draw(served)) for v in VERSIONS if v in versions]
    return Catalogue(tuple(releases), HERE, draw(st.frozensets(st.sampled_from(PYTHONS))))


@st.composite
def selections(draw: st.DrawFn) -> tuple[Catalogue, list[str]]:
    """Return a catalogue and selectors, each of which names something in it."""
    catalogue = draw(catalogues())
    cells = list(catalogue.pairs())
    words = ["seed", "minors", "all"]
    words += [word for cell in cells for word in (cell.release, cell.id, f"{cell.release}-*")]
    words += [f"cp{cell.python.replace('.', '')}" for cell in cells]
    return catalogue, draw(st.lists(st.sampled_from(words), min_size=1, max_size=5))


def cells(selection: Selection) -> set[Cell]:
    return {selected.cell for selected in selection.cells}


def ids(*words: str, catalogue: Catalogue = SMALL, pre: bool = False) -> list[str]:
    return [selected.cell.id for selected in select(words, catalogue, pre=pre).cells]


@given(catalogues())
def test_a_selection_of_everything_is_everything(catalogue: Catalogue) -> None:
    selection = select(["all"], catalogue, pre=True)
    beyond = {selected.cell for selected in selection.beyond}
    assert cells(selection) | beyond == set(catalogue.pairs())
    assert set(selection.runnable) == cells(selection)
    assert all(s.status is CellStatus.NO_INTERPRETER for s in selection.beyond)


@given(selections(), st.randoms(use_true_random=False))
def test_the_order_of_selectors_does_not_matter(
    selected: tuple[Catalogue, list[str]], random: Random
) -> None:
    catalogue, words = selected
    shuffled = words * 2
    random.shuffle(shuffled)
    assert select(shuffled, catalogue, pre=True) == select(words, catalogue, pre=True)


@given(selections())
def test_several_selectors_are_a_union(selected: tuple[Catalogue, list[str]]) -> None:
    catalogue, words = selected
    each = [select([word], catalogue, pre=True) for word in words]
    together = select(words, catalogue, pre=True)
    assert cells(together) == set().union(*map(cells, each))
    beyond = {s.cell for one in each for s in one.beyond}
    assert {s.cell for s in together.beyond} == beyond - cells(together)


def speaks_of(word: str, catalogue: Catalogue) -> set[Cell]:
    """Return every cell of the releases that a word names, or, where it names cells, those."""
    found = select([word], catalogue, pre=True)
    there = cells(found) | {s.cell for s in found.beyond}
    if "cp" in word or word == "all":
        return there
    return {c for c in catalogue.pairs() if c.release in {cell.release for cell in there}}


def named(selection: Selection) -> tuple[set[Cell], set[Cell]]:
    """Return what is selected, and what would be if more interpreters were here."""
    return cells(selection), {selected.cell for selected in selection.beyond}


def both(words: list[str], catalogue: Catalogue) -> tuple[set[Cell], set[Cell]]:
    """Return what all of the words name; nothing in common is an error of theirs."""
    with contextlib.suppress(BadInput):
        return named(select(["&".join(words)], catalogue, pre=True))
    return set(), set()


@given(selections())
def test_what_is_both_is_in_each_and_all_of_that_is(
    selected: tuple[Catalogue, list[str]],
) -> None:
    catalogue, words = selected
    each = set.intersection(*(speaks_of(word, catalogue) for word in words))
    got = set.union(*both(words, catalogue))
    assert got <= each
    if any("cp" in word or word == "all" for word in words):
        assert got == each  # with no Python named each release is on one, as it always is
    else:
        assert {cell.release for cell in got} == {cell.release for cell in each}


@given(selections())
def test_both_of_the_same_is_the_same(selected: tuple[Catalogue, list[str]]) -> None:
    catalogue, words = selected
    for word in words:
        assert both([word, word], catalogue) == named(select([word], catalogue, pre=True))


@given(selections(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_both_does_not_matter(
    selected: tuple[Catalogue, list[str]], random: Random
) -> None:
    catalogue, words = selected
    shuffled = words * 2
    random.shuffle(shuffled)
    assert both(shuffled, catalogue) == both(words, catalogue)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (">=0.57&cp39", ["0.57.0-cp39", "0.57.1-cp39"]),
        ("cp39&>=0.57.1", ["0.57.1-cp39"]),
        ("0.57&0.57.1", ["0.57.1-cp311"]),
        ("minors&*-cp38", ["0.48.0-cp38", "0.49.1-cp38"]),
        ("seed&cp313", ["0.60.0-cp313"]),
        ("all&0.57", ["0.57.0-cp39", "0.57.0-cp311", "0.57.1-cp39", "0.57.1-cp311"]),
        ("0.57.0-cp39&0.57&cp39", ["0.57.0-cp39"]),
        (">=0.49,<0.57&cp39", ["0.49.1-cp39"]),
    ],
)
def test_words_joined_by_and_name_what_each_of_them_does(word: str, expected: list[str]) -> None:
    assert ids(word) == expected


def test_all_leaves_out_what_no_interpreter_is_here_for_and_a_python_names_it() -> None:
    assert [s.cell.id for s in select(["all&0.60"], SMALL).beyond] == ["0.60.0-cp313"]
    (one,) = select(["0.60&cp313"], SMALL).cells
    assert one.status is CellStatus.NO_INTERPRETER


def test_blanks_around_the_and_make_no_difference() -> None:
    assert split_words(["seed  &  cp311 0.57"]) == ("seed&cp311", "0.57")
    assert split_words([">=0.57, <0.60 &cp39"]) == (">=0.57, <0.60&cp39",)


def test_a_python_beside_releases_is_told_how_to_be_both() -> None:
    (said,) = [line for line in select([">=0.55", "cp311"], SMALL).lines() if "union" in line]
    assert "'>=0.55&cp311'" in said
    for words in (
        [">=0.55"],
        ["cp311"],
        ["cp311", "cp39"],
        [">=0.57&cp39"],
        ["0.57.0-cp39", "cp39"],
    ):
        assert not select(words, SMALL).hint


@given(selections())
def test_cells_come_in_the_order_of_releases_then_pythons(
    selected: tuple[Catalogue, list[str]],
) -> None:
    catalogue, words = selected
    chosen = [s.cell.key for s in select(words, catalogue, pre=True).cells]
    assert chosen == sorted(set(chosen))


@given(selections())
def test_only_a_cell_with_wheel_and_interpreter_can_run(
    selected: tuple[Catalogue, list[str]],
) -> None:
    catalogue, words = selected
    for one in select(words, catalogue, pre=True).cells:
        served = one.cell in set(catalogue.pairs())
        runs = served and one.cell.python in catalogue.pythons
        assert (one.status is None) == runs
        assert bool(one.reason) != runs


def test_no_selector_means_the_last_patch_of_every_minor_release_and_the_anchors() -> None:
    assert ids() == ids("minors")
    assert ids() == ["0.48.0-cp38", "0.49.1-cp39", "0.57.0-cp311", "0.57.1-cp311", "0.60.0-cp311"]


def test_the_seed_is_the_anchors_and_the_newest_release() -> None:
    assert ids("seed") == ["0.48.0-cp38", "0.57.0-cp311", "0.60.0-cp311"]


def test_a_release_candidate_takes_part_only_when_asked_for() -> None:
    assert "0.61.0rc1-cp313" not in ids("all", "minors", "seed", "0.6*")
    assert "0.61.0rc1-cp313" in ids("minors", pre=True)
    assert ids("seed", pre=True) == ids("seed")
    with pytest.raises(
        BadInput, match=r"0\.61\.0rc1-cp313: no such release; .*take part with --pre"
    ):
        ids("0.61.0rc1-cp313")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("0.57", ["0.57.0-cp311", "0.57.1-cp311"]),
        ("0.57.1", ["0.57.1-cp311"]),
        (">=0.57.1", ["0.57.1-cp311", "0.60.0-cp311"]),
        (">=0.49,<0.57", ["0.49.0-cp38", "0.49.1-cp39"]),
        ("~=0.49.0", ["0.49.0-cp38", "0.49.1-cp39"]),
        ("==0.57.*", ["0.57.0-cp311", "0.57.1-cp311"]),
        ("cp39", ["0.49.1-cp39", "0.57.0-cp39", "0.57.1-cp39"]),
        ("0.5?.0-cp311", ["0.57.0-cp311"]),
        ("*-cp36", ["0.48.0-cp36"]),
        ("0.60.0-cp313", ["0.60.0-cp313"]),
    ],
)
def test_a_word_names_what_the_manual_says(word: str, expected: list[str]) -> None:
    assert ids(word) == expected


def test_a_cell_without_a_wheel_stays_in_the_selection_with_its_reason() -> None:
    (one,) = select(["0.48.0-cp311"], SMALL).cells
    assert one.status is CellStatus.NO_WHEEL
    assert one.reason == "no wheel for linux-x86_64 and cp311; there are: cp36, cp38"


def test_a_cell_without_an_interpreter_stays_in_the_selection_with_its_reason() -> None:
    (one,) = select(["0.60.0-cp313"], SMALL).cells
    assert one.status is CellStatus.NO_INTERPRETER
    assert one.reason == "no CPython 3.13 on this machine"


def test_a_release_whose_pythons_are_all_missing_is_selected_and_not_silently_left_out() -> None:
    nothing_here = Catalogue(SMALL.releases, HERE, frozenset())
    selection = select(["0.60.0"], nothing_here)
    assert [s.cell.id for s in selection.cells] == ["0.60.0-cp313"]
    assert not selection.runnable


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("sead", "did you mean 'seed'?"),
        ("minor", "did you mean 'minors'?"),
        ("0.57.9", "0.57.9: no such release; nearest are 0.57.1 and 0.60.0"),
        ("0.50", "0.50: no such release; nearest are 0.49.1 and 0.57.0, the newest is 0.60.0"),
        ("0.70", "0.70: no such release; the newest is 0.60.0"),
        ("0.1", "0.1: no such release; the oldest is 0.48.0, the newest is 0.60.0"),
        (">=0.58,<0.59", "no such release; nearest are 0.57.1 and 0.60.0"),
        ("cp399", "did you mean 'cp39'?"),
        (">=9", ">=9: no such release; the newest is 0.60.0"),
        ("===nine", "A selector is one of"),
        ("", "A selector is one of"),
        ("==", "A selector is one of"),
        ("0.99*-cp38", "A selector is one of"),
        ("0.57&cp36", "'0.57&cp36' matches no cell: 0.57 is 0.57.0 to 0.57.1 on cp39, cp311;"),
        ("0.57&cp36", "; cp36 is 0.48.0 on cp36"),
        (">=0.57&cp399", "did you mean 'cp39'?"),
        ("sead&cp39", "did you mean 'seed'?"),
        ("cp39&0.57.9", "0.57.9: no such release; nearest are 0.57.1 and 0.60.0"),
        ("cp39&", "an & stands between two"),
        ("&", "an & stands between two"),
        ("0.57.2-cp311", "0.57.2-cp311: no such release; nearest are 0.57.1 and 0.60.0"),
    ],
)
def test_a_word_that_names_nothing_is_refused_with_the_nearest_that_does(
    word: str, hint: str
) -> None:
    with pytest.raises(BadInput) as refused:
        ids(word)
    assert hint in str(refused.value)


def test_a_release_that_is_there_but_not_for_this_platform_is_not_said_to_be_missing() -> None:
    elsewhere = msgspec.structs.replace(release("0.58.0"), wheels={Platform.MACOS_ARM64: ("3.8",)})
    known = (*SMALL.releases, elsewhere)
    with pytest.raises(
        BadInput, match=r"0\.58: no wheel for linux-x86_64; nearest are 0\.57\.1 and"
    ):
        select(["0.58"], Catalogue(known, HERE, EIGHT))


def test_the_matrix_of_a_machine_with_eight_pythons_is_as_large_as_promised() -> None:
    known = tuple(r for r in REAL if Version(r.version) <= Version("0.68.1"))
    catalogue = Catalogue(known, HERE, EIGHT)
    assert len(select([], catalogue).runnable) == 22
    assert len(select(["all"], catalogue).runnable) == 149


def test_every_platform_but_its_own_is_left_out() -> None:
    with pytest.raises(BadInput, match="matches no cell"):
        select(["cp38"], Catalogue(SMALL.releases, "windows-x86_64", frozenset({"3.8"})))
