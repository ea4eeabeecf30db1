"""The random recursions: what is said of one from how its processes ended."""

from __future__ import annotations

import pytest

from tests.cells.random_shapes import judge, judge_first

RIGHT = {"value": [1.5], "misses": 0}
OTHER = {"value": [2.5], "misses": 0}
REFUSED = {"raised": "TypingError", "message": "cannot unify"}
UNSETTLED = {"raised": "TypingError", "message": "(numba#8882)"}
CRASHED = {"crashed": 11}


@pytest.mark.parametrize(
    ("truth", "cold", "warm", "said", "said_of_the_first"),
    [
        (RIGHT, RIGHT, RIGHT, "hit", "right"),
        (RIGHT, RIGHT, {**RIGHT, "misses": 1}, "recompiled", "right"),
        (RIGHT, RIGHT, OTHER, "wrong warm", "right"),
        (RIGHT, RIGHT, REFUSED, "raised warm TypingError", "right"),
        (RIGHT, RIGHT, CRASHED, "crashed warm 11", "right"),
        (RIGHT, OTHER, CRASHED, "crashed warm 11", "wrong cold"),
        (RIGHT, REFUSED, CRASHED, "crashed warm 11", "refused TypingError"),
        (RIGHT, REFUSED, REFUSED, "refused TypingError", "refused TypingError"),
        (RIGHT, UNSETTLED, UNSETTLED, "refused, numba#8882", "refused, numba#8882"),
        (RIGHT, CRASHED, RIGHT, "crashed cold 11", "crashed cold 11"),
        (RIGHT, RIGHT, {"timed out": 14}, "timed out warm 14", "right"),
        (REFUSED, RIGHT, RIGHT, "raises as Python TypingError", "raises as Python TypingError"),
    ],
)
def test_the_worst_is_said_of_all_processes_and_of_the_first_alone(
    truth: dict[str, object],
    cold: dict[str, object],
    warm: dict[str, object],
    said: str,
    said_of_the_first: str,
) -> None:
    phases = {"interpreted": truth, "cold": cold, "warm": warm}
    assert judge(phases) == said
    assert judge_first(phases) == said_of_the_first
