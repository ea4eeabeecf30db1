"""Finding where an outcome changed, over made-up histories of thirty releases."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from matrix.judge.bisect import bisect, comes_back
from matrix.judge.changes import LEGEND, spans, story
from matrix.model.outcome import Outcome, Result

RELEASES = [f"0.{50 + n}.0" for n in range(30)]
CELLS = [f"{release}-cp311" for release in RELEASES]
HIT = Result(Outcome.HIT, "warm", value=1)
DIES = Result(Outcome.CRASHED, "warm", "SIGSEGV")
RAISES = Result(Outcome.RAISED, "cold", "TypingError")


class Eye:
    """Looks at a history and remembers at how much of it."""

    def __init__(self, history: Sequence[Result | None]) -> None:
        self.history = dict(zip(CELLS, history, strict=True))
        self.looked: list[str] = []

    def __call__(self, wanted: Sequence[str]) -> Mapping[str, Result]:
        """Return what the history says of the wanted cells."""
        self.looked += wanted
        return {cell: did for cell in wanted if (did := self.history[cell]) is not None}


def test_a_single_change_is_found_exactly_in_few_looks() -> None:
    for change in range(1, len(CELLS)):
        eye = Eye([DIES] * change + [HIT] * (len(CELLS) - change))
        found = spans(bisect(CELLS, eye), ())
        assert [span.releases.first for span in found] == ["0.50.0", f"0.{50 + change}.0"]
        assert found[0].releases.last == f"0.{49 + change}.0"
        assert len(eye.looked) <= 8


def test_two_changes_are_both_found() -> None:
    eye = Eye([RAISES] * 10 + [DIES] * 12 + [HIT] * 8)
    assert [span.releases.first for span in spans(bisect(CELLS, eye), ())] == [
        "0.50.0",
        "0.60.0",
        "0.72.0",
    ]
    assert len(eye.looked) < len(CELLS)


def test_where_an_outcome_comes_back_every_release_is_looked_at() -> None:
    eye = Eye([HIT] * 5 + [DIES] * 15 + [HIT] * 4 + [DIES] + [HIT] * 5)
    assert set(bisect(CELLS, eye)) == set(CELLS)


def test_where_nothing_changes_three_looks_do() -> None:
    eye = Eye([HIT] * len(CELLS))
    assert len(spans(bisect(CELLS, eye), ())) == 1
    assert len(eye.looked) == 3


def test_cells_that_do_not_run_are_stepped_over_and_never_looked_at_twice() -> None:
    history: list[Result | None] = [DIES] * 12 + [None] * 6 + [HIT] * 12
    eye = Eye(history)
    found = spans(bisect(CELLS, eye), ())
    assert (found[0].releases.last, found[1].releases.first) == ("0.61.0", "0.68.0")
    assert len(eye.looked) == len(set(eye.looked))


@given(st.lists(st.sampled_from([HIT, DIES, RAISES]), min_size=30, max_size=30))
def test_what_is_seen_is_never_invented(history: list[Result]) -> None:
    eye = Eye(history)
    seen = bisect(CELLS, eye)
    assert all(seen[cell] == eye.history[cell] for cell in seen)
    assert not comes_back(spans(seen, ())) or len(seen) == len(CELLS)


def test_a_story_says_since_when_and_what_was_before() -> None:
    history = dict(zip(CELLS, [DIES] * 7 + [HIT] * 23, strict=True))
    assert story("cache/p", spans(history, RELEASES)) == [
        "cache/p: crashed in warm (SIGSEGV) in 0.50.0 - 0.56.0",
        "  since 0.57.0: hit in 0.57.0 - 0.79.0",
    ]


def test_a_story_claims_nothing_of_what_was_not_looked_at() -> None:
    seen = {CELLS[0]: DIES, CELLS[4]: DIES, CELLS[8]: HIT, CELLS[9]: HIT, CELLS[20]: DIES}
    died = "crashed in warm (SIGSEGV)"
    skipped = "not looked at 10 releases from 0.60.0 to 0.69.0"
    assert story("cache/p", spans(seen, RELEASES)) == [
        f"cache/p: {died} in 0.50.0 .. 0.54.0 (2 of 5)",
        "  since 0.58.0 or earlier, not looked at 0.55.0, 0.56.0, 0.57.0: hit in 0.58.0 - 0.59.0",
        f"  since 0.70.0 or earlier, {skipped}: {died} in 0.70.0",
        LEGEND,
    ]


def test_a_story_without_a_change_says_so_plainly() -> None:
    assert story("cache/p", spans({CELLS[0]: HIT, CELLS[29]: HIT}, RELEASES)) == [
        "cache/p: hit in every release looked at: 0.50.0 .. 0.79.0 (2 of 30)",
        LEGEND,
    ]


def test_what_is_known_already_is_not_looked_at_and_can_show_a_dip() -> None:
    history = [HIT] * 8 + [DIES] * 2 + [HIT] * 20
    eye = Eye(history)
    seen = bisect(CELLS, eye, known={CELLS[9]: DIES})
    assert CELLS[9] not in eye.looked[:3]
    assert [span.releases.first for span in spans(seen, ())] == ["0.50.0", "0.58.0", "0.60.0"]
