"""Several selectors are a union, which surprises beside a Python: how to say what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

PYTHON = re.compile(r"cp3\d{1,2}")


def how_to_intersect(words: Iterable[str]) -> str:
    """Return how to name cells that are both, where a Python stands beside releases, or ""."""
    others = sorted({word for word in words if not PYTHON.fullmatch(word) and "-cp" not in word})
    pythons = sorted({word for word in words if PYTHON.fullmatch(word)})
    whole = [word for word in others if "&" not in word]
    if not (whole and pythons):
        return ""
    return (
        f"  several words are a union: {whole[0]} or {pythons[0]}; for the cells that are both"
        f" write '{whole[0]}&{pythons[0]}'"
    )
