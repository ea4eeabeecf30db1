"""What was observed, as it is shown: one function per medium, which takes it for nothing but text.

In: text and values from cells, files and other machines. Out: the same for a terminal or a CI log,
for Markdown, for a page; bounded where it may be of any length.
"""

from __future__ import annotations

import re

BRIEF = 200
# GitHub obeys the first where a line begins, blanks aside, and the second anywhere in it.
COMMAND = re.compile(r"^\s*(?=::)|##(?=\[|vso\[)")
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


def log_line(text: str) -> str:
    """Return text as one line of a terminal or a CI log: no control character, no command."""
    return COMMAND.sub(r"\g<0>\\", _printable(text))


def log_lines(text: str) -> str:
    """Return text of several lines for a terminal or a CI log."""
    return "\n".join(map(log_line, text.split("\n")))


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


def table_cell(value: object) -> Markdown:
    """Return a value as a cell of a Markdown table, of which it can be no more than one."""
    # A backslash would not do: one before it would take it away.
    return Markdown(markdown(value).replace("|", r"\x7c"))


def page(value: object) -> object:
    """Return a value for a page, whose template escapes markup, without control characters."""
    return _printable(value, but="\n") if type(value) is str else value


def _printable(text: str, but: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in but else ascii(c)[1:-1] for c in text)
