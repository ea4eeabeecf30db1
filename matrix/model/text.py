"""Text and values from cells, files and other machines: as they are stored, and as they are shown.

In: any text, or any value JSON holds. Out: stored without the paths of this machine; shown as
nothing but text to a terminal or a CI log, in Markdown, on a page; bounded where it may be long.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from typing import Any

SPARED = "value"  # a phase's
DEEPEST = 100  # lists in lists: the in-cell runner stores no value that is nested deeper

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


BRIEF = 200
# GitHub obeys the first where a line begins, blanks aside, and the second anywhere in it.
COMMAND = re.compile(r"^\s*(?=::)|##(?=\[|vso\[)")
# Owner, repository and number; nothing in it ends the link that is made of it.
THREAD = re.compile(
    r"https://github\.com/[\w.-]+/([^\W_][\w-]*)/(?:issues|pull|discussions)/(\d+)", re.ASCII
)
# Words, their usual punctuation and [cp38, cp39]: in these Markdown finds no markup.
PLAIN = re.compile(r" ?\w(?:[\w ,.;:()/'\"=+%@-]|\[[\w, .]*\](?![(\[:]))*|")
# But for these: a list, emphasis, an address, an emoji, somebody's name.
MARKUP = re.compile(
    r"""^\ ?\d+[.)](?:\ |$) | (?<![^\W_])_ | _(?![^\W_])
    | :// | \bwww\. | :\w+: | (?<!\w)@ | @[\w-]*\.""",
    re.VERBOSE,
)


class Markdown(str):
    """Text that may be markup: the suite's own, or made harmless."""

    __slots__ = ()


def brief(value: object) -> str:
    """Return a value as Python writes it, or its beginning and how much is left out."""
    try:
        return cut(repr(value))
    except (RecursionError, ValueError):  # a number may have more digits than Python writes
        return "a value that cannot be written down"


def cut(text: str, limit: int = BRIEF) -> str:
    """Return text, or its beginning and how much is left out."""
    left_out = len(text) - limit
    return text if left_out <= 0 else f"{text[:limit]} [... {left_out} characters left out]"


def shown(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds, and the same comes back)
    """Return a value whose text shows every control character, but for line ends and tabs.

    A page would obey them: U+202E turns what follows it around.
    """
    if isinstance(value, str):
        return "\n".join("\t".join(map(_printable, line.split("\t"))) for line in value.split("\n"))
    if isinstance(value, dict):
        return {shown(key): shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list | tuple) else value


def counted(number: int, one: str, more: str = "") -> str:
    """Read as `1 cell`, `2 cells`; `more` is the plural where it has another ending."""
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def listed(names: Sequence[str], limit: int) -> str:
    """Read as `a, b and 3 more`: so many of the names, and how many there are besides."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def log_line(text: str) -> str:
    """Return text as one line of a terminal or a CI log: no control character, no command."""
    return COMMAND.sub(r"\g<0>\\", _printable(text))


def log_lines(text: str) -> str:
    """Return text of several lines for a terminal or a CI log."""
    return "\n".join(map(log_line, text.split("\n")))


# Set by the command of the wheel: what is a session of nox's in a clone is a word of its own there.
FRONT = "NUMBA_MATRIX_FRONT"
SESSION = re.compile(r"nox -s (?!lock\b|reference\b|overhead\b)(\w+)(?: --(?![\w-]))?")


def typed(text: str) -> str:
    """Return text with the commands that it names as they are typed where the driver was started.

    Those that only a clone has stay as they are.
    """
    front = os.environ.get(FRONT)
    if not front:
        return text
    names = {"matrix": "run"}
    return SESSION.sub(lambda found: f"{front} {names.get(found[1], found[1])}", text)


def checked(cell: str, file: str) -> str:
    """Return the command that has `check` look at a file, in a cell where the driver's a clone.

    Installed it asks of the environment that it is in.
    """
    front = os.environ.get(FRONT)
    return f"{front} check {file}" if front else f"nox -s check -- {cell} {file}"


def markdown(value: object) -> Markdown:
    """Return a value as text within a line of Markdown; as code, if it might mean more than text.

    What is `Markdown` stays as it is.
    """
    if isinstance(value, Markdown):
        return value
    text = _printable(str(value))
    if PLAIN.fullmatch(text) and not MARKUP.search(text):
        return Markdown(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if "`" in (text[0], text[-1]) else ""
    return Markdown(f"{fence}{pad}{text}{pad}{fence}")


def thread(address: str) -> Markdown:
    """Return the address of a thread as a link, told as GitHub tells it; else as any text."""
    found = THREAD.fullmatch(address)
    return Markdown(f"[{found[1]}#{found[2]}]({address})") if found else markdown(address)


def table_cell(value: object) -> Markdown:
    """Return a value as a cell of a Markdown table, of which it can be no more than one."""
    # A backslash would not do: one before it would take it away.
    return Markdown(markdown(value).replace("|", r"\x7c"))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def too_deep(value: object) -> bool:
    """Whether a value is nested deeper than what compares, hides and shows values can go."""
    level = [value]
    for _ in range(DEEPEST + 1):
        if not level:
            return False
        inside = [
            one.values() if isinstance(one, dict) else one
            for one in level
            if isinstance(one, list | dict)
        ]
        level = list(itertools.chain.from_iterable(inside))
    return bool(level)
