"""The table probes x releases as padded Markdown, in parts no wider than where it is read. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ...model.text import table_cell
from ..findings import Findings

LONGEST = 44  # characters of one entry: a probe or an exception may have a name of any length
PARTS = 2


def table(found: Findings, columns: int) -> str:
    """Return the table, probes that differ first; its columns in as many parts as it takes.

    Where it would take more parts than anybody reads a row across, or there is no room for even two
    columns, each history is told once, below the probes that have it.
    """
    made = list(parts(found, columns))
    if len(made) > PARTS or max((len(part[0]) for part in made), default=0) > columns:
        return "\n".join(_by_history(found, columns))
    return "\n\n".join(map("\n".join, made))


def _by_history(found: Findings, columns: int) -> Iterator[str]:
    grouped: dict[tuple[str, ...], list[str]] = {}
    for probe in found.differing_first:
        lines = tuple(f"{span.releases}: {span}" for span in found.spans[probe]) or ("not run",)
        grouped.setdefault(lines, []).append(probe)
    for history, probes in grouped.items():
        yield from _folded(", ".join(probes), columns, "")
        for line in history:
            yield from _folded(line, columns, "  ")


def _folded(text: str, columns: int, indent: str) -> list[str]:
    # A name may be longer than a line: it is one thing to copy, so it stays whole.
    return textwrap.wrap(
        text, columns, initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def padded(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the head first, as Markdown that can be read as it is."""
    return "\n".join(_lines([_column(head, entries) for head, *entries in zip(*rows, strict=True)]))


def parts(found: Findings, columns: int) -> Iterator[list[str]]:
    """Yield tables no wider than that, unless two columns are: their lines, the head first."""
    first = _column("probe", found.differing_first)
    others = [
        _column(str(column.releases), [found.seen(p, column) for p in found.differing_first])
        for column in found.columns
    ]
    while others:
        fits = max(1, _fitting(first, others, columns))
        yield _lines([first, *others[:fits]])
        others = others[fits:]


def _column(head: str, entries: Sequence[str]) -> list[str]:
    texts = [table_cell(_short(text)) for text in (head, *entries)]
    longest = max(map(len, texts))
    return [text.ljust(longest) for text in texts]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _fitting(first: Sequence[str], others: Sequence[Sequence[str]], columns: int) -> int:
    room = columns - len(first[0]) - 4
    for number, column in enumerate(others):
        room -= len(column[0]) + 3
        if room < 0:
            return number
    return len(others)


def _lines(columns: Sequence[Sequence[str]]) -> list[str]:
    rows = ["| " + " | ".join(row) + " |" for row in zip(*columns, strict=True)]
    rule = "|" + "|".join("-" * (len(column[0]) + 2) for column in columns) + "|"
    return [rows[0], rule, *rows[1:]]
