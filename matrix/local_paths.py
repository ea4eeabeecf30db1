"""Absolute paths in what a cell observed: they say nothing elsewhere, so none is stored.

In: text, or any value JSON holds. Out: the first path in it, or the same with every path hidden.
The in-cell runner has named the places it knows (`<scratch>`, `<env>`); this is for the others.

What a probe returned is spared, whatever it looks like: it is compared again whenever it is judged,
and what is cut out of it cannot be.
"""

from __future__ import annotations

import re

SPARED = "value"  # a phase's

# A path begins where no word, closing bracket or other path ends: neither 1/2/3, <env>/lib, ../x
# nor the inside of an address is one. Windows paths have a drive or are shares.
ABSOLUTE = re.compile(
    r"""
      file:/+ (?P<address>[^\s"'<>]*)
    | (?<![\w.~/\\>)\]}*-]) (?P<posix> (?: /[\w.+@%~-]+ ){2,} ) /?
    | (?<![A-Za-z0-9]) (?P<drive> [A-Za-z]: [\\/]+ (?: [\w.+@%~()-]+ [\\/]+ )+ [\w.+@%~-]* )
    | (?<![\w\\]) (?P<share> \\{2,4} [\w.-]+ (?: \\{1,2} [\w.$-]+ )+ )
    """,
    re.VERBOSE,
)


def first_path(value: object) -> str | None:
    """Return the first absolute path in any string of a value, keys among them, or None."""
    if isinstance(value, str):
        found = ABSOLUTE.search(value)
        return found[0] if found else None
    if isinstance(value, dict):
        parts = [part for item in value.items() if item[0] != SPARED for part in item]
        return next(filter(None, map(first_path, parts)), None)
    if isinstance(value, list | tuple):
        return next(filter(None, map(first_path, value)), None)
    return None


def without_paths(value: object) -> object:
    """Return the value with every absolute path cut down to `<elsewhere>/` and its last part."""
    if isinstance(value, str):
        return ABSOLUTE.sub(_hidden, value)
    if isinstance(value, dict):
        return {
            without_paths(key): item if key == SPARED else without_paths(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_paths(item) for item in value]
    return value


def _hidden(found: re.Match[str]) -> str:
    parts = re.split(r"[\\/]+", next(filter(None, found.groups()), "").rstrip("\\/"))
    return f"<elsewhere>/{parts[-1]}"
