"""What the driver prints: lines of nothing but text, no wider than the terminal.

A pipe gets each line whole, and no colour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ...model.text import log_line, typed

NARROWEST = 20  # columns: with fewer, what is folded cannot be read either


def say(text: str) -> None:
    """Print one line; nothing in it is coloured or taken for markup or a command."""
    _print(text, sys.stdout)


def complain(text: str, style: str) -> None:
    """Print lines to standard error, in colour where that is a terminal and wants any."""
    for line in text.split("\n"):
        _print(line, sys.stderr, style)


def width(stream: TextIO | None = None) -> int | None:
    """Return the columns of the terminal that a stream (standard output) is; None if it is none."""
    stream = stream or sys.stdout
    return max(NARROWEST, Console(file=stream).width) if stream and stream.isatty() else None


def folded(line: str, columns: int) -> Iterator[str]:
    """Yield a line in parts that fit, those after the first further in than it begins."""
    if cell_len(line) <= columns:
        yield line
        return
    body = line.lstrip(" ")
    indent = min(len(line) - len(body), columns // 2)
    first, *_ = Text(body).wrap(Console(width=columns), columns - indent)
    yield " " * indent + first.plain.rstrip()
    rest = body[len(first.plain.rstrip()) :].lstrip(" ")
    for part in Text(rest).wrap(Console(width=columns), columns - indent - 2):
        yield " " * (indent + 2) + part.plain.rstrip()


class Terminal(Console):
    """One that leaves the end of whatever prints to who began it, where nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Go on with the error; rich would end as a failed run does."""
        raise  # noqa: PLE0704 (it is called while the error is handled)


def _print(text: str, stream: TextIO | None, style: str | None = None) -> None:
    if stream is None:  # it was closed before we began
        return
    # No file is given: rich then knows the width of what is at the other end of any of the three.
    console = Terminal(file=stream, highlight=False, soft_wrap=True, emoji=False)
    columns, line = width(stream), log_line(typed(text))
    for part in folded(line, columns) if columns else (line,):
        console.print(part, style=style, markup=False)
